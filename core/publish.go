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

// publishedMaxAge is for what does not change while the program runs. The next
// version of the program may publish something else.
const publishedMaxAge = time.Minute

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
// tokens of this [Auth]: /.well-known/jwks.json, a JWK Set (RFC 7517 section 5),
// to be mounted on the root.
//
// It shows the public halves of Keys and of Signer, if they are a Key, a [keys.Set],
// a [keys.Ring] or a [keys.Dir], and never a secret. Keys of a provider's, as those of
// [keys.NewRemote], and keys that are bound to another issuer than Rules.Issuer, are
// not shown again. If there is nothing to publish, and never will be, there are
// no routes. What it publishes is what keys.NewRemote reads.
//
// The endpoint answers GET and HEAD, needs no token, and may be read by every
// web page. Caches may keep the set for a minute, or for a sixth of a ring's
// Lead, so that a new key has reached everybody before it signs.
func (a *Auth[T]) KeyRoutes() []Route {
	a.ready("KeyRoutes")
	if len(a.publishers) == 0 {
		return nil
	}
	s := &keySet{engine: a.engine}
	return []Route{{Path: keySetPath, Serve: publisher{a.engine, s.document}.serve}}
}

// keySet is what the keys of an Auth are published as.
type keySet struct {
	*engine
	last atomic.Pointer[keyDocument]
}

// keyDocument is a key set of these keys.
type keyDocument struct {
	document
	of []*keys.Key
}

// document is a text as it is sent. It is made once, and written many times.
type document struct {
	tag             string
	ok, notModified Response
}

// publisher is an endpoint that shows everybody a document.
type publisher struct {
	*engine
	document func() *document
}

var publisherMethods = []string{http.MethodGet, http.MethodHead}

func (e publisher) serve(r Request) (res Response) {
	o := e.watch(ActionPublish, r)
	if failed := caught(func() { res = e.publish(r, o) }, func(failed *Error) { // the Observer's
		o.tell(r.Context(), failed)
	}); failed != nil {
		return e.refusalOf(ActionPublish, r, Credential{}, failed)
	}
	return res
}

func (e publisher) publish(r Request, o *outcome) Response {
	err := wellFormed(r)
	if err == nil && !slices.Contains(publisherMethods, r.Method()) {
		err = &Error{Kind: MethodNotAllowed, Methods: publisherMethods}
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
func (s *keySet) document() *document {
	var few [8]*keys.Key
	of, maxAge := few[:0], publishedMaxAge
	for _, p := range s.publishers {
		f := p.Facts()
		of = append(of, f.Own...)
		if f.MaxAge > 0 {
			maxAge = min(maxAge, f.MaxAge)
		}
	}
	if doc := s.last.Load(); doc != nil && slices.Equal(doc.of, of) {
		return &doc.document
	}
	doc := newKeyDocument(slices.Clone(of), maxAge, s.rules.Issuer)
	s.last.Store(doc)
	return &doc.document
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
	return &keyDocument{of: of, document: newDocument("application/jwk-set+json", body, maxAge)} // RFC 7517 section 8.5.2
}

// newDocument makes a document that caches may keep for maxAge.
func newDocument(mediaType string, body []byte, maxAge time.Duration) (doc document) {
	sum := sha256.Sum256(body)
	doc.tag = `"` + jws.Encode(sum[:16]) + `"`
	// Canonical names, as a Response has them.
	header := http.Header{
		"Access-Control-Allow-Origin": {"*"}, // it is public, and cookies are not looked at
		"Cache-Control":               {"public, max-age=" + strconv.FormatInt(int64(maxAge/time.Second), 10)},
		"Etag":                        {doc.tag},
	}
	doc.notModified = Response{Status: http.StatusNotModified, Header: header}
	doc.ok = Response{Status: http.StatusOK, Header: header.Clone(), Body: body}
	doc.ok.Header["Content-Type"] = []string{mediaType}
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
