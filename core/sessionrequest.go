package core

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// maxSessionBody bounds the bodies of the endpoints of sessions.
const maxSessionBody = 4 << 10

var (
	errRefreshBody    = because("refresh_token is absent, empty or no string")
	errNoRefreshToken = because("there is no refresh token, neither in the body nor in the cookie")
	errSessionQuery   = because("the query does not name one session, as ?id=… with the id from the list")
	errNotOurs        = because("the access token belongs to no session of this Auth")
)

// presented returns the refresh token of a request: in the body, or if that is
// empty and the token must be somewhere, in the cookie. "" is none.
func (a *engine) presented(r Request, must bool) (token string, byCookie bool, err error) {
	body, unread := readBody(r, maxSessionBody)
	if unread == nil && body == "" || a.sessions.refresh.CSRFField != "" && contentType(r) == formMedia {
		if !must {
			return "", false, nil
		}
		if a.sessions.Cookies != nil {
			cred, err := a.sessions.refresh.find(r, a.sessions.sessionOfRefresh)
			if isMissing(err) {
				err = &Error{Kind: BadRefresh, Cause: errNoRefreshToken}
			}
			return cred.Token, true, err
		}
	}
	token, err = refreshTokenOf(r, body, unread, must)
	return token, false, err
}

// refreshTokenOf is the refresh token in a body, of which readBody has said unread.
func refreshTokenOf(r Request, body string, unread error, must bool) (string, error) {
	// As at the login, a body that is no JSON is 415 whatever its size: 413 and what
	// else was wrong with reading it come after that.
	if contentType(r) != jsonMedia {
		return "", UnsupportedMedia
	}
	if unread != nil {
		return "", unread
	}
	members, err := strictjson.Object(body, nil)
	if err != nil {
		return "", &Error{Kind: BadBody, Cause: err}
	}
	for _, m := range members {
		if m.Name != "refresh_token" {
			continue
		}
		token, ok := strictjson.String(m.Value)
		if !ok || token == "" {
			return "", &Error{Kind: BadBody, Cause: errRefreshBody}
		}
		return token, nil
	}
	if must {
		return "", &Error{Kind: BadBody, Cause: errRefreshBody}
	}
	return "", nil
}

// explicit reports whether a request presents an access token, good or bad, that
// no browser has added unasked.
func (a *engine) explicit(r Request) bool {
	cred, err := a.find(r)
	_, cookie := cred.Source.(CookieSource)
	return !cookie && !isMissing(err) && (err != nil || cred.Token != "")
}

// insider verifies the access token of a request and returns its session, also of one
// who is nobody any more. A token
// without one, or another issuer's, is good for calls but may not touch sessions:
// its subject is perhaps somebody else of the same name. Whom ours is for does not
// matter here: an issuer need not be among its own audiences.
func (a *Auth[T]) insider(r Request) (context.Context, sessions.Session, error) {
	var cred Credential
	rec, err := a.verify(r.Context(), r, &cred, a.decodeOwn, nil)
	if rec == nil {
		return r.Context(), sessions.Session{}, err
	}
	id, _ := rec.claims.String("sid")
	s := sessions.Session{ID: id, Subject: rec.claims.Subject()}
	ours := isSessionID(id) && s.Subject != "" && rec.claims.Issuer() == a.rules.Issuer
	switch {
	case !ours && err == nil:
		return r.Context(), sessions.Session{}, &Error{Kind: Forbidden, Claim: "sid", Cause: errNotOurs}
	case !ours:
		return r.Context(), sessions.Session{}, err
	case err != nil: // the token is good, and nobody's
		return r.Context(), s, err
	}
	return rec, s, nil
}

// list returns a subject's sessions, the one used last first.
func (a *engine) list(ctx context.Context, subject string) ([]sessions.Session, error) {
	now := a.sessionTime()
	list, err := stored(ctx, a.timeout, func(ctx context.Context) ([]sessions.Session, error) {
		return a.sessions.Store.List(ctx, a.realm, subject, now)
	})
	list = slices.DeleteFunc(list, func(s sessions.Session) bool { return a.sessions.outlived(s, now) })
	slices.SortFunc(list, func(x, y sessions.Session) int {
		return cmp.Or(y.LastUsed.Compare(x.LastUsed), y.Created.Compare(x.Created), strings.Compare(x.ID, y.ID))
	})
	return list, err
}

// endSubject ends all sessions of a subject, even if the client does not wait.
func (a *engine) endSubject(ctx context.Context, subject string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_, err := stored(ctx, a.timeout, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.sessions.Store.EndSubject(ctx, a.realm, subject, a.sessionTime())
	})
	return err
}
