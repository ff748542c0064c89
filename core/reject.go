package core

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// ErrorHandler makes the answer to a refusal. [Error.Response] is the default
// answer, to be changed or replaced. A [Response] without a Status gets that of
// the [Kind]. A panic in it is answered with the default for [Internal]. Flask-JWT
// called it jwt_error_handler.
type ErrorHandler func(Request, *Error) Response

// Reject is the line "no": it makes the answer to any step's error, as the gates
// do. An error of no known kind is [Internal].
func (a *Auth[T]) Reject(r Request, err error) (res Response) {
	if err == nil {
		err = fmt.Errorf("Reject was called without an error")
	}
	o := a.watch(ActionReject, r)
	refusal := classify(err)
	if failed := caught(func() { res = a.refuse(r.Context(), o, ActionReject, r, Credential{}, refusal) }, func(e *Error) {
		o.tell(r.Context(), e)
	}); failed != nil {
		return a.refusalOf(ActionReject, r, Credential{}, failed)
	}
	return res
}

// refusalOf makes the Response to a refusal, and tells the Observer of OnError's panic.
func (a *engine) refusalOf(action Action, r Request, cred Credential, e *Error) Response {
	res, failed := a.respond(r, cred, e)
	if failed != nil {
		a.watch(action, r).tell(r.Context(), failed)
	}
	return res
}

// respond makes the Response to a refusal, with OnError's help if it is set: failed is
// its panic.
func (a *engine) respond(r Request, cred Credential, e *Error) (res Response, failed *Error) {
	e.by = a.prepared.by
	if a.onError == nil {
		return a.prepared.forError(e, cred), nil
	}
	failed = caught(func() {
		r, cancel := boundRequest(r, a.timeout)
		defer cancel()
		res = a.onError(r, e)
		setup.Default(&res.Status, e.Kind.Status())
		res.Refusal = e.refusal()
		res = a.prepared.decorate(typed(res), cred)
	}, func(*Error) {}) // the caller's to tell, also where the goroutine ends
	if failed != nil {
		failed.by = e.by
		res = a.prepared.forError(failed, cred)
	}
	return res, failed
}

// typed gives a body whose type nobody said one: net/http would guess it from
// the bytes, fasthttp would not.
func typed(res Response) Response {
	if len(res.Body) == 0 || res.Header["Content-Type"] != nil {
		return res
	}
	res = res.withOwnHeader()
	res.Header.Set("Content-Type", "text/plain; charset=utf-8")
	return res
}

// preparedFor is the answer to a refusal where nobody else wants to see it: one that
// is there already, without a copy of the *Error in between. Nil: there is none.
func (a *engine) preparedFor(cred Credential, err error) *Response {
	if cred.inQuery() || a.onError != nil || a.observer != nil {
		return nil
	}
	switch e := err.(type) {
	case Kind:
		if e == e.valid() {
			return &a.prepared.refusals[e]
		}
	case *Error:
		if e != nil && e.plain() && e.Kind == e.Kind.valid() {
			return &a.prepared.refusals[e.Kind]
		}
	}
	return nil
}

// Response is the default answer, made anew at each call: the status of the
// kind, the challenge (RFC 9110 section 11.6.1, RFC 6750 section 3), and a JSON
// object with status_code, error and description. Nothing of the cause is in it.
func (e *Error) Response() Response {
	k := e.Kind.row()
	res := jsonResponse(k.status, errorBody(k.status, k.code, k.text))
	res.Refusal = e.refusal()
	if c := e.Challenge(); c != "" {
		res.Header["Www-Authenticate"] = []string{c}
	}
	if len(e.Methods) > 0 {
		res.Header["Allow"] = []string{strings.Join(e.Methods, ", ")}
	}
	if e.RetryAfter > 0 {
		seconds := (e.RetryAfter + time.Second - 1) / time.Second
		res.Header["Retry-After"] = []string{strconv.FormatInt(int64(seconds), 10)}
	}
	return res
}

// refusal is the refusal as a value.
func (e *Error) refusal() *Refusal {
	k := e.Kind.row()
	return &Refusal{Kind: e.Kind.valid(), Code: k.code, Text: k.text, Scopes: slices.Clone(e.scopes()), RetryAfter: e.RetryAfter}
}

// prepared are the Responses of an Auth that can be made in advance.
type prepared struct {
	by       challenge
	sources  []Source
	refusals [kindEnd]Response
	// vary names the fields that a source reads, with and without those of a
	// header: where a credential is required, caches keep answers to requests
	// with Authorization apart already (RFC 9111 section 3.5).
	vary, varyOptional []string
}

func prepare(by challenge, sources []Source) prepared {
	p := prepared{by: by, sources: sources}
	if len(sources) == 0 {
		sources = []Source{HeaderSource{}}
	}
	for _, s := range sources {
		switch v := s.(type) {
		case HeaderSource:
			p.varyOptional = append(p.varyOptional, v.withDefaults(by.scheme).Name)
		case CookieSource:
			p.vary = append(p.vary, "Cookie")
			p.varyOptional = append(p.varyOptional, "Cookie")
		}
	}
	for k := MissingToken; k < kindEnd; k++ {
		e := &Error{Kind: k, by: by}
		res := p.decorate(e.Response(), Credential{})
		res.names = slices.Collect(maps.Keys(res.Header))
		p.refusals[k] = res
	}
	return p
}

// forError is the default answer, prepared where nothing but the kind matters.
func (p *prepared) forError(e *Error, cred Credential) Response {
	if !cred.inQuery() && e.plain() {
		return p.refusals[e.Kind]
	}
	return p.decorate(e.Response(), cred)
}

// plain reports whether nothing but the kind matters to the answer.
func (e *Error) plain() bool {
	return e.Scopes == nil && e.ACR == nil && e.MaxAge == 0 && e.Methods == nil && e.RetryAfter == 0
}

// decorate adds what caches must know.
func (p *prepared) decorate(res Response, cred Credential) Response {
	query := cred.inQuery()
	if !query && len(p.vary) == 0 {
		return res
	}
	res = res.withOwnHeader()
	if len(p.vary) > 0 {
		res.Header.Add("Vary", strings.Join(p.vary, ", "))
	}
	if query && res.Header.Get("Cache-Control") == "" {
		res.Header.Set("Cache-Control", "private") // RFC 6750 section 2.3
	}
	return res
}

// passing are the headers that go with the handler's answer.
func (p *prepared) passing(cred Credential, optional bool) http.Header {
	vary := p.vary
	if optional {
		vary = p.varyOptional
	}
	query := cred.inQuery()
	if !query && len(vary) == 0 {
		return nil
	}
	h := http.Header{}
	if len(vary) > 0 {
		h.Set("Vary", strings.Join(vary, ", "))
	}
	if query {
		h.Set("Cache-Control", "private")
	}
	return h
}
