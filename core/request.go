package core

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
)

// Request is what core sees of an HTTP request: raw material only. Core trims
// values and parses the query and the cookies itself, so that frameworks cannot
// differ. Adapters implement it; whoever else does must keep to the comments.
//
// A Request is valid during the call it is given to and no longer: on Fiber the
// memory behind it belongs to the next request afterwards. The strings its
// methods return are copies and may be kept.
//
// What only some servers know, an adapter tells by methods that a Request need not
// have. Whoever wants one of these asks by a type assertion, and takes what it
// returns of a Request that knows nothing for "not known":
//
//	Framework() string          the adapter's framework, one of a closed set: "gin", "net/http"
//	Pattern() string            of the route that matched, in the framework's own form, without the
//	                            method: "/orders/:id"; "" where no route has matched yet
//	TLS() *tls.ConnectionState  of the connection itself, nil if it is not encrypted: the client's
//	                            certificates are in it (RFC 8705), in PeerCertificates as they were
//	                            sent, in VerifiedChains if the server has verified them
//	Protocol() string           of the request line, "HTTP/1.0"
//	RawHeaders() []byte         the block of field lines as sent, without the request line, of a server
//	                            that hands on fields which net/http refuses with 400: control
//	                            characters, a bad name, no Host or two, a bad Host, two lengths. Core
//	                            refuses them then, so that the answer is the same. The bytes are only
//	                            read during the call
//	SetBody(body io.Reader)     of a server whose Body is a stream that is there once: what is read next
//	                            as the body. Core calls it when a step has read the body to its end,
//	                            before the handler; a stream that is longer than a megabyte, or does
//	                            not say how long it is, is empty for the steps
//	Unwrap() Request            the Request that this one stands around: what the outer one does not
//	                            have is asked of the inner one
type Request interface {
	// Context ends with the request where the server knows that; on Fiber it does not.
	Context() context.Context
	// Method is the method as sent.
	Method() string
	// Scheme is "https" if the connection itself is encrypted, else "http".
	// X-Forwarded-Proto is never read.
	Scheme() string
	// Host is the authority the client named, in lower case, with its port if it
	// named one. "" if it named none, as HTTP/1.0 and a request that a test made may:
	// it is then no proof of anything.
	Host() string
	// Path is the path as sent, still escaped.
	Path() string
	// RawQuery is the query as sent, without the question mark.
	RawQuery() string
	// RemoteAddr is the peer's address and port. X-Forwarded-For is never read.
	RemoteAddr() string
	// Header returns all values of a field, in order; none if it is absent.
	// The name is in canonical form.
	Header(name string) []string
	// Body reads the body as sent, before any Content-Encoding is undone. A step of the
	// application reads it from the beginning at each call, a megabyte at most, and
	// takes nothing of it from the handler.
	Body() io.Reader
}

// rawHeaders is what the comment of Request says of RawHeaders.
type rawHeaders interface{ RawHeaders() []byte }

// optional is a Request, or one that it stands around, as something that has more
// methods than every Request.
func optional[More any](r Request) (more More, ok bool) {
	for {
		if more, ok = r.(More); ok {
			return more, true
		}
		outer, ok := r.(interface{ Unwrap() Request })
		if !ok {
			return more, false
		}
		r = outer.Unwrap()
	}
}

// frameworkOf is the name of a request's framework, patternOf its route's pattern,
// "" if they are not known.
func frameworkOf(r Request) string {
	if d, ok := optional[interface{ Framework() string }](r); ok {
		return d.Framework()
	}
	return ""
}

func patternOf(r Request) string {
	if d, ok := optional[interface{ Pattern() string }](r); ok {
		return d.Pattern()
	}
	return ""
}

// isHTTP10 reports whether a request was made before Host was a duty.
func isHTTP10(r Request) bool {
	d, ok := optional[interface{ Protocol() string }](r)
	return ok && d.Protocol() == "HTTP/1.0"
}

// FromHTTP is the [Request] of net/http, for routers that hand it on as it is.
func FromHTTP(r *http.Request) Request { return httpRequest{r} }

// httpRequest holds one pointer, so that making it a Request costs no allocation.
type httpRequest struct{ r *http.Request }

func (h httpRequest) Context() context.Context { return h.r.Context() }

func (h httpRequest) Method() string { return h.r.Method }

func (h httpRequest) Host() string { return strings.ToLower(h.r.Host) }

func (h httpRequest) Path() string { return h.r.URL.EscapedPath() }

func (h httpRequest) RawQuery() string { return h.r.URL.RawQuery }

func (h httpRequest) RemoteAddr() string { return h.r.RemoteAddr }

func (h httpRequest) Header(name string) []string { return h.r.Header[name] }

func (h httpRequest) Protocol() string { return h.r.Proto }

func (h httpRequest) Framework() string { return "net/http" }

func (h httpRequest) TLS() *tls.ConnectionState { return h.r.TLS }

// Pattern is that of the ServeMux, without the method.
func (h httpRequest) Pattern() string {
	if method, rest, ok := strings.Cut(h.r.Pattern, " "); ok && field.IsToken(method) {
		return strings.TrimLeft(rest, " \t")
	}
	return h.r.Pattern
}

func (h httpRequest) Scheme() string {
	if h.r.TLS != nil {
		return "https"
	}
	return "http"
}

func (h httpRequest) Body() io.Reader {
	if h.r.Body == nil {
		return http.NoBody
	}
	return h.r.Body
}

// wellFormed refuses what a server has let through that net/http's refuses. RFC
// 9112 section 3.2 demands one Host since HTTP/1.1; RFC 9110 section 5.5 forbids
// control characters in a value.
func wellFormed(r Request) error {
	switch v := r.(type) {
	case httpRequest: // the usual case, without asking further
		return nil
	case timedRequest: // it has all methods, also where the one within has not
		return wellFormed(v.Request)
	case *rereadable:
		return wellFormed(v.Request)
	}
	raw, ok := optional[rawHeaders](r)
	if !ok { // the server has judged the fields, or there was none
		return nil
	}
	block := raw.RawHeaders()
	if len(block) == 0 && (r.Host() != "" || r.RemoteAddr() == noPeer) { // no server has read it: a test made it
		return nil
	}
	hosts := 0
	var length []byte
	for len(block) > 0 {
		line, rest, ok := field.CutLine(block)
		block = rest
		n := field.TokenLen(line)
		switch {
		case !ok:
			return &Error{Kind: BadRequest, Cause: errField}
		case len(line) == 0, line[0] == ' ', line[0] == '\t': // a folded line: net/http joins it to the one before
			continue
		case n == 0, n == len(line), line[n] != ':':
			return &Error{Kind: BadRequest, Cause: errField}
		}
		switch name, value := line[:n], line[n+1:]; {
		case isField(name, "Content-Length"):
			value = field.TrimSpace(value)
			if length != nil && !bytes.Equal(length, value) { // RFC 9112 section 6.3 rule 5
				return &Error{Kind: BadRequest, Cause: errLength}
			}
			length = value
		case isField(name, "Host"):
			value = field.TrimSpace(value)
			if hosts++; !field.ValidHost(value) {
				return &Error{Kind: BadRequest, Cause: errHost}
			}
		}
	}
	if hosts > 1 || hosts == 0 && !isHTTP10(r) {
		return &Error{Kind: BadRequest, Cause: errHost}
	}
	return nil
}

// noPeer is the peer of a request without a connection, as fasthttp and Hertz have it.
const noPeer = "0.0.0.0:0"

// sentTwice reports whether a field is there more than once where the server
// does not hand on the second: fasthttp keeps one Content-Type.
func sentTwice(r Request, name string) bool {
	raw, ok := optional[rawHeaders](r)
	if !ok {
		return false
	}
	n := 0
	for line := range bytes.Lines(raw.RawHeaders()) {
		if have, _, _ := bytes.Cut(line, []byte{':'}); isField(have, name) {
			n++
		}
	}
	return n > 1
}

func isField(have []byte, name string) bool {
	return len(have) == len(name) && strings.EqualFold(string(have), name)
}

var (
	errHost   = because("the request has no Host, a bad one, or two")
	errLength = because("the request has two lengths")
	errField  = because("a header field has a bad name or a control character")
)
