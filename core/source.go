package core

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// HeaderSource is a token in a header field: Authorization under the [Auth]'s scheme
// unless told otherwise.
type HeaderSource struct {
	Name   string // "" is Authorization
	Scheme string // "" is Config.Scheme; compared without case (RFC 9110 section 11.1)
	Bare   bool   // the field holds the token alone, without a scheme
}

func (h HeaderSource) withDefaults(scheme string) HeaderSource {
	if h.Name == "" {
		h.Name = "Authorization"
	}
	h.Name = http.CanonicalHeaderKey(h.Name)
	if h.Scheme == "" && !h.Bare {
		h.Scheme = scheme
	}
	return h
}

// Find implements [Source]. Another scheme counts as nothing (RFC 6750 section
// 3.1); two fields, several tokens, a tab or another control character are a
// [BadRequest] (RFC 6750 section 2.1, RFC 9110 section 5.3).
func (h HeaderSource) Find(r Request) (Credential, error) {
	h = h.withDefaults(defaultScheme)
	return h.find(r)
}

// find is Find once the defaults are there.
func (h *HeaderSource) find(r Request) (c Credential, err error) {
	values := r.Header(h.Name)
	if len(values) == 0 {
		return Credential{}, MissingToken
	}
	if len(values) > 1 {
		return Credential{}, &Error{Kind: BadRequest, Cause: errTwoFields}
	}
	value := field.TrimSpace(values[0])
	scheme, rest, _ := strings.Cut(value, " ")
	if !h.Bare && scheme == h.Scheme && rest != "" && field.IsPlain(rest) { // the usual case, judged in one pass
		return Credential{Token: keep.Part(rest, values[0]), Scheme: h.Scheme}, nil
	}
	if field.HasControl(value) {
		return Credential{}, &Error{Kind: BadRequest, Cause: errControl}
	}
	if value == "" {
		return Credential{}, errEmptyField
	}
	c.Token = value
	if !h.Bare {
		if !strings.EqualFold(scheme, h.Scheme) {
			return Credential{}, h.whyNoScheme(value)
		}
		c.Scheme, c.Token = h.Scheme, strings.TrimLeft(rest, " ")
	}
	if c.Token == "" {
		return Credential{}, &Error{Kind: BadRequest, Cause: errEmptyToken}
	}
	if strings.IndexByte(c.Token, ' ') >= 0 || strings.IndexByte(c.Token, ',') >= 0 {
		return Credential{}, h.whySeveral(c.Token)
	}
	c.Token = keep.Part(c.Token, values[0])
	return c, nil
}

func (h HeaderSource) check() (bad setup.Mistakes) {
	if h.Name != "" && !field.IsToken(h.Name) {
		bad.Add("Name", "", "%q is not the name of a header field", h.Name)
	}
	if strings.EqualFold(h.Name, "Cookie") {
		bad.Add("Name", "use CookieSource, which asks for proof", "a cookie is sent unasked, by pages of others too")
	}
	if h.Scheme != "" && !field.IsToken(h.Scheme) {
		bad.Add("Scheme", "", "%q is not an authentication scheme (a token of RFC 9110 section 5.6.2)", h.Scheme)
	}
	if h.Bare && h.Scheme != "" {
		bad.Add("Scheme", "set one", "%q, but Bare says that there is none", h.Scheme)
	}
	return bad
}

// QuerySource is a token in the query. Such a URL is logged and kept by many, so use
// it only where a header cannot be set, with short lifetimes (RFC 6750 section
// 2.3, RFC 9700 section 4.3.2). Answers carry Cache-Control: private.
type QuerySource struct {
	Name string // "" is access_token
}

func (q QuerySource) withDefaults() QuerySource {
	if q.Name == "" {
		q.Name = "access_token"
	}
	return q
}

// Find implements [Source]. The parameter twice is a [BadRequest] (RFC 6750 section 3.1).
func (q QuerySource) Find(r Request) (Credential, error) {
	return parameter(r.RawQuery(), q.withDefaults().Name)
}

// parameter finds a token among parameters, of a query or of a form.
func parameter(parameters, want string) (c Credential, err error) {
	found := false
	for parameters != "" {
		var pair string
		pair, parameters, _ = strings.Cut(parameters, "&")
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != want {
			continue
		}
		token, err := url.QueryUnescape(value)
		if err != nil || found || token == "" || field.HasControl(token) || strings.ContainsAny(token, " ,") {
			return Credential{}, &Error{Kind: BadRequest, Cause: errParameter}
		}
		c.Token, found = keep.String(token), true // the request line, or the body, may be far longer
	}
	if !found {
		return Credential{}, MissingToken
	}
	return c, nil
}

var errParameter = because("the parameter with the token, in the query or the form, is empty, repeated or badly escaped")

// SourceFunc is a source of the user's own: a path parameter, a WebSocket
// subprotocol. What it reads of the body the handler reads again. Like a header it is taken to be there on purpose; for anything a
// browser sends unasked use [CookieSource], which checks for cross-site requests.
type SourceFunc func(Request) (Credential, error)

// Find implements [Source]. An empty token counts as none.
func (f SourceFunc) Find(r Request) (Credential, error) {
	c, err := f(r)
	if err == nil && c.Token == "" {
		err = MissingToken
	}
	return c, err
}

func (f SourceFunc) check() (bad setup.Mistakes) {
	if f == nil {
		bad.Add("", "remove it", "a nil SourceFunc")
	}
	return bad
}
