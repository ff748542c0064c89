package core

import (
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrorHandler makes the answer to a refusal. Error.Response is the default
// answer, to be changed or replaced. A Response without a Status gets that of
// the Kind. A panic in it is answered with the default for Internal. Flask-JWT
// called it jwt_error_handler.
type ErrorHandler func(Request, *Error) Response

// Reject is the line "no": it makes the answer to any step's error, as the gates
// do. An error of no known kind is Internal.
func (a *Auth[T]) Reject(r Request, err error) Response {
	if err == nil {
		err = fmt.Errorf("Reject was called without an error")
	}
	return a.answer(ActionVerify, r, Credential{}, classify(err))
}

// answer makes the Response to a refusal, with OnError's help if it is set.
func (a *engine) answer(action Action, r Request, cred Credential, e *Error) (res Response) {
	e.realm, e.scheme = a.answers.realm, a.answers.scheme
	if a.onError == nil {
		return a.answers.forError(e, cred)
	}
	defer func() {
		if p := recover(); p != nil {
			failed := recovered(p, debug.Stack())
			a.observe(r.Context(), a.start(), Event{Action: action}, failed)
			failed.realm, failed.scheme = e.realm, e.scheme
			res = a.answers.forError(failed, cred)
		}
	}()
	res = a.onError(r, e)
	if res.Status == 0 {
		res.Status = e.Kind.Status()
	}
	return a.answers.decorate(typed(res), cred)
}

// typed gives a body whose type nobody said one: net/http would guess it from
// the bytes, fasthttp would not.
func typed(res Response) Response {
	if len(res.Body) == 0 || res.Header["Content-Type"] != nil {
		return res
	}
	res.Header = res.Header.Clone()
	if res.Header == nil {
		res.Header = http.Header{}
	}
	res.Header.Set("Content-Type", "text/plain; charset=utf-8")
	return res
}

// quick is the answer to a Kind where nobody else wants to see it: one that is
// prepared, without an *Error in between. Nil: there is none.
func (a *engine) quick(cred *Credential, err error) *Response {
	k, ok := err.(Kind)
	_, query := cred.Source.(Query)
	if !ok || k == 0 || k >= kindEnd || query || a.onError != nil || a.observer != nil {
		return nil
	}
	return &a.answers.refusals[k]
}

// Response is the default answer, made anew at each call: the status of the
// kind, the challenge (RFC 9110 section 11.6.1, RFC 6750 section 3), and a JSON
// object with status_code, error and description. Nothing of the cause is in it.
func (e *Error) Response() Response {
	k := e.Kind.row()
	res := jsonResponse(k.status, errorBody(k.status, k.code, k.text))
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

// Challenge is the value of WWW-Authenticate, "" if the kind has none.
func (e *Error) Challenge() string {
	k := e.Kind.row()
	if k.challenge == noChallenge {
		return ""
	}
	scheme, realm := e.scheme, e.realm
	setDefault(&scheme, defaultScheme)
	setDefault(&realm, defaultRealm)
	var b strings.Builder
	b.WriteString(scheme)
	b.WriteString(` realm="`)
	b.WriteString(quotedEscaper.Replace(realm))
	b.WriteByte('"')
	if k.challenge == codedChallenge {
		b.WriteString(`, error="` + k.code + `", error_description="` + k.text + `"`)
	}
	if e.Kind == InsufficientScope && len(e.Scopes) > 0 {
		param(&b, "scope", strings.Join(e.Scopes, " "))
	}
	if e.Kind == StepUp {
		if len(e.ACR) > 0 {
			param(&b, "acr_values", strings.Join(e.ACR, " "))
		}
		if e.MaxAge > 0 {
			param(&b, "max_age", strconv.FormatInt(int64(e.MaxAge/time.Second), 10))
		}
	}
	return b.String()
}

// quotedEscaper escapes a quoted-string (RFC 9110 section 5.6.4).
var quotedEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// param appends an auth-param, unless its value cannot stand in a header.
func param(b *strings.Builder, name, value string) {
	if printableASCII(value) {
		b.WriteString(", " + name + `="` + quotedEscaper.Replace(value) + `"`)
	}
}

// answers are the Responses of an Auth that can be made in advance.
type answers struct {
	realm, scheme string
	sources       []Source
	refusals      [kindEnd]Response
	// vary names the fields that a source reads, with and without those of a
	// header: where a credential is required, caches keep answers to requests
	// with Authorization apart already (RFC 9111 section 3.5).
	vary, varyOptional []string
}

func prepare(realm, scheme string, sources []Source) answers {
	a := answers{realm: realm, scheme: scheme, sources: sources}
	if len(sources) == 0 {
		sources = []Source{Header{}}
	}
	for _, s := range sources {
		switch v := s.(type) {
		case Header:
			a.varyOptional = append(a.varyOptional, v.withDefaults(scheme).Name)
		case Cookie:
			a.vary = append(a.vary, "Cookie")
			a.varyOptional = append(a.varyOptional, "Cookie")
		}
	}
	for k := Missing; k < kindEnd; k++ {
		e := &Error{Kind: k, realm: realm, scheme: scheme}
		res := a.decorate(e.Response(), Credential{})
		res.names = slices.Collect(maps.Keys(res.Header))
		a.refusals[k] = res
	}
	return a
}

// forError is the default answer, prepared where nothing but the kind matters.
func (a *answers) forError(e *Error, cred Credential) Response {
	_, query := cred.Source.(Query)
	if !query && e.Scopes == nil && e.ACR == nil && e.MaxAge == 0 && e.Methods == nil && e.RetryAfter == 0 {
		return a.refusals[e.Kind]
	}
	return a.decorate(e.Response(), cred)
}

// decorate adds what caches must know. It copies the headers before it does.
func (a *answers) decorate(res Response, cred Credential) Response {
	_, query := cred.Source.(Query)
	if !query && len(a.vary) == 0 {
		return res
	}
	res.Header = res.Header.Clone()
	if res.Header == nil {
		res.Header = http.Header{}
	}
	if len(a.vary) > 0 {
		res.Header.Add("Vary", strings.Join(a.vary, ", "))
	}
	if query && res.Header.Get("Cache-Control") == "" {
		res.Header.Set("Cache-Control", "private") // RFC 6750 section 2.3
	}
	return res
}

// passing are the headers that go with the handler's answer.
func (a *answers) passing(cred Credential, optional bool) http.Header {
	vary := a.vary
	if optional {
		vary = a.varyOptional
	}
	_, query := cred.Source.(Query)
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
