package core

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// keySetPath is where verifiers expect a key set. RFC 8615 keeps the directory
// for such things; the name is a habit and no standard.
const keySetPath = "/.well-known/jwks.json"

// keySetMaxAge is for key sets that do not change while the program runs. The
// next version of the program may have another one.
const keySetMaxAge = time.Minute

// publishers returns those of Keys and Signer that have keys to publish, or may
// have some later.
func publishers(source keys.Source, signer keys.Signer) (list []keys.Describer) {
	for _, source := range []any{source, signer} {
		d, ok := source.(keys.Describer)
		if !ok || setup.IsNil(source) {
			continue
		}
		if f := d.Facts(); f.Changes || slices.ContainsFunc(f.Own, func(k *keys.Key) bool { _, err := k.JWK(); return err == nil }) {
			list = append(list, d)
		}
	}
	return list
}

// KeyRoutes are the endpoints that publish the keys with which others verify the
// tokens of this Auth: /.well-known/jwks.json, a JWK Set (RFC 7517 section 5),
// to be mounted on the root.
//
// It shows the public halves of Keys and of Signer, if they are a Key, a keys.Set,
// a keys.Ring or a keys.Dir, and never a secret. Keys of a provider's, as those of
// keys.NewRemote, and keys that are bound to another issuer than Rules.Issuer, are
// not shown again. If there is nothing to publish, and never will be, there are
// no routes. What it publishes is what keys.NewRemote reads.
//
// The endpoint answers GET and HEAD, needs no token, and may be read by every
// web page. Caches may keep the set for a minute, or for a sixth of a ring's
// Lead, so that a new key has reached everybody before it signs.
func (a *Auth[T]) KeyRoutes() []Route {
	if len(a.publishers) == 0 {
		return nil
	}
	e := &keySetEndpoint{engine: a.engine}
	return []Route{{Path: keySetPath, Serve: e.serve}}
}

// keySetEndpoint publishes the keys of an Auth.
type keySetEndpoint struct {
	*engine
	last atomic.Pointer[keyDocument]
}

// keyDocument is a key set as it is sent. It is made once, and written many times.
type keyDocument struct {
	of              []*keys.Key
	tag             string
	ok, notModified Response
}

var keySetMethods = []string{http.MethodGet, http.MethodHead}

func (e *keySetEndpoint) serve(r Request) (res Response) {
	o := e.watch(ActionPublish, r)
	if failed := caught(func() { res = e.publish(r, o) }, func(failed *Error) { // the Observer's
		o.tell(r.Context(), failed)
	}); failed != nil {
		return e.refusalOf(ActionPublish, r, Credential{}, failed)
	}
	return res
}

func (e *keySetEndpoint) publish(r Request, o *outcome) Response {
	err := wellFormed(r)
	if err == nil && !slices.Contains(keySetMethods, r.Method()) {
		err = &Error{Kind: MethodNotAllowed, Methods: keySetMethods}
	}
	if err != nil {
		return e.refuse(r.Context(), o, ActionPublish, r, Credential{}, classify(err))
	}
	doc := e.document()
	res := doc.ok
	if matches(r.Header("If-None-Match"), doc.tag) {
		res = doc.notModified
	}
	o.answered(res)
	o.tell(r.Context(), nil)
	return res
}

// document returns the key set of now.
func (e *keySetEndpoint) document() *keyDocument {
	var few [8]*keys.Key
	of, maxAge := few[:0], keySetMaxAge
	for _, p := range e.publishers {
		f := p.Facts()
		of = append(of, f.Own...)
		if f.MaxAge > 0 {
			maxAge = min(maxAge, f.MaxAge)
		}
	}
	if doc := e.last.Load(); doc != nil && slices.Equal(doc.of, of) {
		return doc
	}
	doc := newKeyDocument(slices.Clone(of), maxAge, e.rules.Issuer)
	e.last.Store(doc)
	return doc
}

func newKeyDocument(of []*keys.Key, maxAge time.Duration, issuer string) *keyDocument {
	var texts [][]byte
	for _, k := range of {
		text, err := k.JWK()
		if iss := k.Issuer(); err != nil || iss != "" && iss != issuer {
			continue
		}
		if !slices.ContainsFunc(texts, func(t []byte) bool { return bytes.Equal(t, text) }) {
			texts = append(texts, text)
		}
	}
	body := append(append([]byte(`{"keys":[`), bytes.Join(texts, []byte(","))...), "]}\n"...)
	sum := sha256.Sum256(body)
	doc := &keyDocument{of: of, tag: `"` + jws.Encode(sum[:16]) + `"`}
	// Canonical names, as a Response has them.
	header := http.Header{
		"Access-Control-Allow-Origin": {"*"}, // it is public, and cookies are not looked at
		"Cache-Control":               {"public, max-age=" + strconv.FormatInt(int64(maxAge/time.Second), 10)},
		"Etag":                        {doc.tag},
	}
	doc.notModified = Response{Status: http.StatusNotModified, Header: header}
	doc.ok = Response{Status: http.StatusOK, Header: header.Clone(), Body: body}
	doc.ok.Header["Content-Type"] = []string{"application/jwk-set+json"} // RFC 7517 section 8.5.2
	return doc
}

// matches reports whether an If-None-Match names the tag, compared weakly (RFC
// 9110 sections 8.8.3.2 and 13.1.2). What cannot be read matches nothing.
func matches(fields []string, tag string) bool {
	list := strings.Trim(strings.Join(fields, ","), " \t")
	if list == "*" {
		return true
	}
	for list != "" {
		list = strings.TrimLeft(list, " \t,")
		list = strings.TrimPrefix(list, "W/")
		if !strings.HasPrefix(list, `"`) {
			return false
		}
		end := strings.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if list[:end+2] == tag {
			return true
		}
		list = strings.TrimLeft(list[end+2:], " \t")
		if list != "" && list[0] != ',' {
			return false
		}
	}
	return false
}
