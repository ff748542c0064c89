package core

import (
	"io"
	"mime"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// defaultParameter is the name of a token in a query, a form or a JSON object (RFC
// 6750 sections 2.2 and 2.3).
const defaultParameter = "access_token"

// FormSource is a token in a field of a form in the body (RFC 6750 section 2.2), for
// clients that cannot set a header field: a page without scripts. It looks at a body
// that is application/x-www-form-urlencoded and nothing else, of at most 16 KiB, and
// not where a method's content means nothing, as that of GET. Any other body counts
// as no token. The handler gets the body as if nobody had read it.
type FormSource struct {
	Name string // "" is access_token
}

// Find implements [Source]. The field twice is a [BadRequest] (RFC 6750 section 3.1).
func (f FormSource) Find(r Request) (Credential, error) {
	setup.Default(&f.Name, defaultParameter)
	body, ok := smallBody(r, formMedia)
	if !ok {
		return Credential{}, MissingToken
	}
	return parameter(body, f.Name)
}

// JSONSource is a token in a member of a JSON object in the body, as
// Flask-JWT-Extended takes it: of application/json, and else under the conditions of
// [FormSource].
type JSONSource struct {
	Name string // "" is access_token
}

// Find implements [Source]. A member that is empty or no text is a [BadRequest]. A body
// that is not one JSON object, with each member once, has no token: what is wrong
// with it is the handler's to say.
func (j JSONSource) Find(r Request) (Credential, error) {
	setup.Default(&j.Name, defaultParameter)
	body, ok := smallBody(r, jsonMedia)
	if !ok {
		return Credential{}, MissingToken
	}
	members, err := strictjson.Object(body, nil)
	if err != nil {
		return Credential{}, MissingToken
	}
	for _, m := range members {
		if m.Name != j.Name {
			continue
		}
		token, ok := strictjson.String(m.Value)
		if !ok || token == "" || field.HasControl(token) || strings.ContainsAny(token, " ,") {
			return Credential{}, &Error{Kind: BadRequest, Cause: errMember}
		}
		return Credential{Token: keep.String(token)}, nil
	}
	return Credential{}, MissingToken
}

var errMember = because("the member with the token is empty, no text, or more than a token")

const (
	formMedia = "application/x-www-form-urlencoded"
	jsonMedia = "application/json"
)

// maxSourceBody is the largest body that is looked into for a token.
const maxSourceBody = 16 << 10

// smallBody is the body of a request if it is of a type and not too large to be
// looked into. Whoever reads it next gets all of it.
func smallBody(r Request, media string) (body string, ok bool) {
	if n, known := contentLength(r); known && n > maxSourceBody {
		return "", false
	}
	body = beginningOf(r, media)
	return body, body != "" && len(body) <= maxSourceBody
}

// beginningOf is what a request of a type has to say in the first 16 KiB of its body,
// and a byte more; "" if its body is of another type, broken or no matter.
func beginningOf(r Request, media string) string {
	if withoutContent(r.Method()) || contentType(r) != media {
		return ""
	}
	r, done := reread(r)
	defer done()
	read, err := io.ReadAll(io.LimitReader(r.Body(), maxSourceBody+1))
	if err != nil {
		return ""
	}
	return string(read)
}

// contentType is the type of a body that says once what it is, unencoded and in
// UTF-8, in lower case; "" of any other.
func contentType(r Request) string {
	types := r.Header("Content-Type")
	if len(types) != 1 || sentTwice(r, "Content-Type") || len(r.Header("Content-Encoding")) > 0 {
		return ""
	}
	media, params, err := mime.ParseMediaType(types[0])
	if charset, ok := params["charset"]; err != nil || ok && !strings.EqualFold(charset, "utf-8") {
		return ""
	}
	return media
}

// isForeign reports whether a source is none of ours, so that nobody knows what it reads.
func isForeign(s Source) bool {
	switch s.(type) {
	case HeaderSource, QuerySource, CookieSource, FormSource, JSONSource, ProtocolSource: // ours see to it themselves
		return false
	}
	return true
}
