package core

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/keys"
)

// csrfValue is bound to the session: who can set a cookie for our host, from a
// neighbouring subdomain, cannot make the value of somebody else's.
func csrfValue(ctx context.Context, key *keys.Key, sessionID string) (string, error) {
	if sessionID == "" {
		return "", errNoSessionID
	}
	// A token's signing input has no line break, so neither is ever the other.
	raw := key.Raw(inside.Pass{})
	mac, err := raw.Sign(ctx, raw.Algorithm(), "jwtgate csrf\n"+sessionID)
	return base64.RawURLEncoding.EncodeToString(mac), err
}

var errNoSessionID = errors.New("the token belongs to no session")

// doubleSubmitted reports whether a request repeats its session's value in a header,
// which a page of another site cannot set, or in a field of a form, which it cannot
// know. The cookie with the value is not looked at: it comes along with whatever any
// page makes a browser send.
func (c CookieSource) doubleSubmitted(r Request, sessionID string) bool {
	want, err := csrfValue(r.Context(), c.DoubleSubmit, sessionID)
	got := r.Header(http.CanonicalHeaderKey(c.CSRFHeader))
	if len(got) == 0 && c.CSRFField != "" {
		got = c.submitted(r)
	}
	return err == nil && len(got) == 1 && hmac.Equal([]byte(got[0]), []byte(want))
}

// submitted is the value in a form. Of one that is longer than is looked into, the
// beginning is enough.
func (c CookieSource) submitted(r Request) []string {
	form := beginningOf(r, formMedia)
	if len(form) > maxSourceBody {
		form = form[:max(strings.LastIndexByte(form, '&'), 0)]
	}
	value, err := parameter(form, c.CSRFField)
	if err != nil {
		return nil
	}
	return []string{value.Token}
}

// sessionOfAccess is the session that an access token names, before anybody has
// verified it: if it lies, the request is refused for the token's sake.
func sessionOfAccess(token string) string {
	if len(token) > largestMaxTokenBytes {
		return ""
	}
	parts, err := jws.Split(token)
	if err != nil {
		return ""
	}
	claims, err := payloadOf(parts.Payload)
	if err != nil {
		return ""
	}
	id, _ := claims.String("sid")
	return id
}

// sessionOfRefresh is the session of a refresh token.
func (s *sessionRules) sessionOfRefresh(token string) string {
	t, ok := parseRefreshToken(s.Realm, token)
	if !ok {
		return ""
	}
	return t.sessionID()
}

// inCookie is what a cookie of ours holds, whoever sends it.
func (s *sessionRules) inCookie(r Request, name string) string {
	cred, _ := CookieSource{Name: name, InsecureNoCSRF: true, loopback: s.refresh.loopback}.Find(r)
	return cred.Token
}
