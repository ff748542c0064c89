package core

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

var (
	postMethods    = []string{http.MethodPost}
	sessionMethods = []string{http.MethodGet, http.MethodHead, http.MethodDelete}
)

// Refresh is the endpoint of the line "again": for the refresh token it gives
// the next tokens. The body is a JSON object with refresh_token, a string; with
// Sessions.Cookies it may be empty, and the token is in the cookie. The answer is
// that of a login, by the way that the session's login chose. A refusal leaves the browser's cookies alone, since another
// tab may have new ones by now.
func (a *Auth[T]) Refresh(r Request) Response {
	return a.endpoint(ActionRefresh, r, postMethods, func(r Request) (context.Context, Response, error) {
		ctx := r.Context()
		token, byCookie, err := a.presented(r, true)
		if err != nil {
			return ctx, Response{}, err
		}
		res, issued, err := a.refreshed(ctx, token, r, byCookie)
		return withSession(ctx, issued.Session), res, err
	})
}

// Logout is the endpoint that ends one session: that of the refresh token in the
// body, a JSON object with refresh_token; else that of the access token, if it is
// not in a cookie; else that of the cookies. The answer is 204, also for a
// session that is over (RFC 7009 section 2.2), and clears the cookies, whatever they
// are worth by now.
func (a *Auth[T]) Logout(r Request) Response {
	return a.endpoint(ActionLogout, r, postMethods, func(r Request) (context.Context, Response, error) {
		ctx := r.Context()
		s, err := a.leaving(r)
		if err != nil {
			return ctx, Response{}, err
		}
		ctx = withSession(ctx, s)
		res, err := a.sessions.clearTokens(r, Response{Status: http.StatusNoContent})
		if err == nil && s.ID != "" {
			err = a.end(ctx, s.ID)
		}
		return ctx, res, err
	})
}

// leaving is the session that a logout is to end; without an ID if there is none
// any more.
func (a *Auth[T]) leaving(r Request) (s sessions.Session, err error) {
	token, _, err := a.presented(r, false)
	switch {
	case err != nil:
	case token != "":
		s.ID = a.sessions.sessionOfRefresh(token)
	case a.sessions.Cookies != nil && !a.explicit(r):
		return a.leavingByCookie(r)
	default:
		_, s, err = a.insider(r)
	}
	return s, err
}

// leavingByCookie is leaving of a browser. Where its cookies have come to be worth
// nothing, there is nothing to end, and they are cleared all the same.
func (a *Auth[T]) leavingByCookie(r Request) (s sessions.Session, err error) {
	cred, err := a.sessions.refresh.find(r, a.sessions.sessionOfRefresh)
	if id := a.sessions.sessionOfRefresh(cred.Token); err == nil && id != "" {
		return sessions.Session{ID: id}, nil
	}
	if err != nil && !isMissing(err) && a.sessions.sessionOfRefresh(a.sessions.inCookie(r, a.sessions.Cookies.Refresh)) != "" {
		return s, err
	}
	_, s, err = a.insider(r)
	kind := Kind(0)
	if err != nil {
		kind = classify(err).Kind
	}
	switch {
	case kind == 0:
		return s, nil
	case kind.Is(BadToken), kind == Forbidden:
		return s, nil // with proof, or it would be a CSRF
	case kind == MissingToken, kind == CSRF:
		if sameSite(r, a.sessions.refresh.TrustedOrigins) && a.leftovers(r) {
			return sessions.Session{}, nil
		}
	}
	return s, err
}

// leftovers reports whether a request has cookies of ours, and none that is still good
// for anything: then it is enough that our page sends it, even if it does not repeat
// the value of a session that there is no more.
func (a *Auth[T]) leftovers(r Request) bool {
	access := a.sessions.inCookie(r, a.sessions.access)
	if access != "" {
		_, err := bounded(r.Context(), a.timeout, a.decode, access)
		return err != nil && classify(err).Kind.Is(BadToken)
	}
	return a.sessions.inCookie(r, a.sessions.Cookies.Refresh) != "" || a.sessions.inCookie(r, a.sessions.Cookies.CSRF) != ""
}

// LogoutAll is the endpoint that ends all sessions of the access token's subject.
// The answer is 204, and clears the cookies.
func (a *Auth[T]) LogoutAll(r Request) Response {
	return a.endpoint(ActionLogout, r, postMethods, func(r Request) (context.Context, Response, error) {
		rec, s, err := a.insider(r)
		if err != nil {
			return rec, Response{}, err
		}
		ctx := sessionContext{rec, s}
		res, err := a.sessions.clearTokens(r, Response{Status: http.StatusNoContent})
		if err == nil {
			err = a.endSubject(ctx, s.Subject)
		}
		return ctx, res, err
	})
}

// Sessions is the endpoint that shows the subject of an access token its
// sessions: GET lists them, the newest first, and says which is the token's own;
// of their last use and their end it tells the day; DELETE with ?id= ends one, and answers 204 whether it was there or
// not.
func (a *Auth[T]) Sessions(r Request) Response {
	return a.endpoint(ActionSessions, r, sessionMethods, func(r Request) (context.Context, Response, error) {
		rec, own, err := a.insider(r)
		if err != nil {
			return rec, Response{}, err
		}
		ctx := sessionContext{rec, own}
		if r.Method() == http.MethodDelete {
			res, err := a.dismiss(ctx, r, own)
			return ctx, res, err
		}
		list, err := a.list(ctx, own.Subject)
		if err != nil {
			return ctx, Response{}, err
		}
		res, err := sessionList(list, own.ID)
		return ctx, res, err
	})
}

// dismiss ends one of the subject's own sessions.
func (a *Auth[T]) dismiss(ctx context.Context, r Request, own sessions.Session) (Response, error) {
	cred, err := QuerySource{Name: "id"}.Find(r)
	if err != nil || !isSessionID(cred.Token) {
		return Response{}, &Error{Kind: BadRequest, Cause: errSessionQuery}
	}
	list, err := a.list(ctx, own.Subject)
	if err != nil {
		return Response{}, err
	}
	res := Response{Status: http.StatusNoContent}
	if cred.Token == own.ID {
		if res, err = a.sessions.clearTokens(r, res); err != nil {
			return Response{}, err
		}
	}
	// Somebody else's session, and one that never was, look alike.
	if slices.ContainsFunc(list, func(s sessions.Session) bool { return s.ID == cred.Token }) {
		err = a.end(ctx, cred.Token)
	}
	return res, err
}

// sessionList is the answer with a list of sessions. Of what changes with every
// refresh it tells the day alone, and their order tells nothing of it: who has a
// copy of a token would learn when the owner's was exchanged, and could follow
// within the grace.
func sessionList(list []sessions.Session, current string) (Response, error) {
	type shown struct {
		ID       string    `json:"id"`
		Label    string    `json:"label"`
		Created  time.Time `json:"created"`
		LastUsed string    `json:"last_used"`
		Expires  string    `json:"expires"`
		Current  bool      `json:"current"`
	}
	slices.SortFunc(list, func(x, y sessions.Session) int {
		return cmp.Or(y.Created.Compare(x.Created), strings.Compare(x.ID, y.ID))
	})
	body := struct {
		Sessions []shown `json:"sessions"`
	}{make([]shown, len(list))}
	for i, s := range list {
		day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
		body.Sessions[i] = shown{s.ID, s.Label, s.Created.UTC().Truncate(time.Second), day(s.LastUsed), day(s.Expires), s.ID == current}
	}
	return JSONResponse(http.StatusOK, body)
}

// endpoint is what all endpoints of sessions have in common. Methods nil are all.
// The context that f returns is what the Observer gets.
func (a *Auth[T]) endpoint(action Action, r Request, methods []string, f func(Request) (context.Context, Response, error)) (res Response) {
	r = rereadLast(r)
	o := a.watch(action, r)
	if e := caught(func() {
		ctx, err := r.Context(), wellFormed(r)
		switch {
		case err != nil:
		case methods != nil && !slices.Contains(methods, r.Method()):
			err = &Error{Kind: MethodNotAllowed, Methods: methods}
		case a.sessions == nil && action != ActionLogin:
			err = errNoSessions
		default:
			ctx, res, err = f(r)
		}
		if err != nil {
			res = a.refuse(ctx, o, action, r, Credential{}, classify(err))
			return
		}
		o.answered(res)
		o.end(ctx, nil)
	}, func(e *Error) { o.tell(r.Context(), e) }); e != nil {
		res = a.refusalOf(action, r, Credential{}, e)
	}
	return noStore(typed(res))
}

// sessionRoutes are the endpoints of sessions, if there are any.
func (a *Auth[T]) sessionRoutes() []Route {
	if a.sessions == nil {
		return nil
	}
	paths := sessionPaths(a.sessions.Path)
	return []Route{
		{Path: paths[0], Serve: a.Refresh},
		{Path: paths[1], Serve: a.Logout},
		{Path: paths[2], Serve: a.LogoutAll},
		{Path: paths[3], Serve: a.Sessions},
	}
}

// sessionPaths are where the endpoints of sessions are.
func sessionPaths(base string) [4]string {
	base = strings.TrimSuffix(base, "/")
	return [4]string{base + "/refresh", base + "/logout", base + "/logout-all", base + "/sessions"}
}
