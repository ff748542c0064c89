package core

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// AuthResponseHandler makes the answer to a login or a refresh that succeeded.
// Cache-Control: no-store is added to it, and with Sessions.Cookies the cookies.
// Flask-JWT called it auth_response_handler.
type AuthResponseHandler[T any] func(r Request, identity T, issued Issued) Response

// defaultAuthResponse is RFC 6749 section 5.1, without the tokens if they are in
// cookies alone.
func defaultAuthResponse[T any](scheme string) AuthResponseHandler[T] {
	return func(_ Request, _ T, issued Issued) Response {
		body := struct {
			AccessToken  string `json:"access_token,omitempty"`
			TokenType    string `json:"token_type,omitempty"`
			ExpiresIn    int64  `json:"expires_in,omitempty"`
			RefreshToken string `json:"refresh_token,omitempty"`
		}{issued.Token, scheme, int64(issued.ExpiresIn / time.Second), issued.RefreshToken}
		if issued.Session.Delivery != sessions.InBody {
			body.AccessToken, body.TokenType, body.RefreshToken = "", "", ""
		}
		res, err := JSONResponse(http.StatusOK, body)
		if err != nil {
			panic(err) // strings and a number always marshal
		}
		return res
	}
}

// Login is the line "out": it reads credentials from the body, asks
// Authenticate and answers with a token. The body is a JSON object with the two
// fields of Config.Login, both strings that are not empty; further members are
// for [Credentials.Decode]. Every answer carries Cache-Control: no-store. An [Auth]
// without Authenticate answers every login with [Internal]: mount LoginRoute,
// which notices at start-up.
func (a *Auth[T]) Login(r Request) (res Response) {
	read := func(r Request) (Credentials, error) { return a.login.read(r, a.flask) }
	return a.greet(r, entrance[T]{methods: a.login.Methods, parse: read, authenticate: a.authenticate})
}

// LoginBy is a login by something else than what Login takes: a one-time code, a link
// in a mail, a provider's answer, another form. It goes the way of Login with steps of
// its own: it parses, takes the [Moment], asks Throttle, authenticates, issues, answers,
// and tells the [Observer] of each of these that says no, and of the yes, as an
// [ActionLogin]. So one call in a handler is all of a login.
//
// What parse returns Throttle and authenticate get, and Who the Username; an error of
// it is a refusal as that of any step. [LoginConfig.Read] parses a body. Without a
// Username a logins.Limiter counts by address alone. parse may be nil, where
// Credentials.Request says all. Whether a request for it may come from another site,
// as a provider's does, is for parse to say, by a state that it compares.
func (a *Auth[T]) LoginBy(r Request, parse func(Request) (Credentials, error), authenticate AuthenticateHandler[T], extra ...Payload) Response {
	return a.greet(r, entrance[T]{parse: parse, authenticate: authenticate, extra: extra})
}

// entrance is what two ways to log in do not have in common.
type entrance[T any] struct {
	methods      []string // nil: all
	parse        func(Request) (Credentials, error)
	authenticate AuthenticateHandler[T]
	extra        []Payload
}

// greet is the endpoint of an entrance.
func (a *Auth[T]) greet(r Request, by entrance[T]) (res Response) {
	r = rereadLast(r)
	o := a.watch(ActionLogin, r)
	if e := caught(func() { res = a.greeted(r, o, by) }, func(e *Error) { o.tell(r.Context(), e) }); e != nil {
		res = a.refusalOf(ActionLogin, r, Credential{}, e)
	}
	return noStore(typed(res))
}

func (a *Auth[T]) greeted(r Request, o *outcome, by entrance[T]) Response {
	if r.Method() == http.MethodOptions && slices.Contains(by.methods, http.MethodOptions) {
		return Response{Status: http.StatusOK, Header: http.Header{"Allow": {strings.Join(by.methods, ", ")}}}
	}
	res, s, err := a.logIn(r, o, by)
	ctx := withSession(r.Context(), s)
	if err != nil {
		return a.refuse(ctx, o, ActionLogin, r, Credential{}, classify(err))
	}
	o.answered(res)
	o.end(ctx, nil)
	return res
}

// Admit answers the login of an identity that something else has authenticated,
// the callback of a provider or a link in a mail: it issues, starts a session and
// answers as Login does once Authenticate has returned. The moment is from Begin,
// taken before the authentication began. Where an attempt should count for Throttle,
// and one that fails be seen as a login, LoginBy is the better way.
func (a *Auth[T]) Admit(r Request, moment Moment, identity T, extra ...Payload) Response {
	return a.endpoint(ActionLogin, r, nil, func(r Request) (context.Context, Response, error) {
		ctx := r.Context()
		if a.nobody(identity) {
			return ctx, Response{}, BadCredentials
		}
		res, issued, err := a.admit(ctx, moment, identity, extra, Credentials{Realm: a.realm, Request: r})
		return withSession(ctx, issued.Session), res, err
	})
}

// welcome is the answer to a login or a refresh.
func (a *Auth[T]) welcome(r Request, identity T, issued Issued) (Response, error) {
	timed, cancel := boundRequest(r, a.timeout)
	defer cancel()
	told := issued
	if told.Session.Delivery != sessions.InBody { // what is for the cookie is for no body
		told.RefreshToken = ""
	}
	res := a.authResponse(timed, identity, told)
	setup.Default(&res.Status, http.StatusOK)
	if a.sessions == nil {
		return res, nil
	}
	return a.sessions.setTokens(r, res, issued, a.sessionTime())
}

// logIn is the order of a login's steps. The session is set as far as it is known.
func (a *Auth[T]) logIn(r Request, o *outcome, by entrance[T]) (res Response, s sessions.Session, err error) {
	if err := wellFormed(r); err != nil {
		return res, s, err
	}
	if by.methods != nil && !slices.Contains(by.methods, r.Method()) {
		return res, s, &Error{Kind: MethodNotAllowed, Methods: by.methods}
	}
	if by.authenticate == nil {
		return res, s, errors.New("a login is mounted that nobody authenticates: Config.Authenticate, or what LoginBy was given, is nil")
	}
	c, err := a.credentials(r, by.parse)
	if err != nil {
		return res, s, err
	}
	if o != nil {
		o.username = c.Username
	}
	moment, err := a.begin(r.Context())
	if err != nil {
		return res, s, err
	}
	identity, err := a.admitted(r, c, o, by.authenticate)
	if err != nil {
		return res, s, err
	}
	done := o.step("issue")
	res, issued, err := a.admit(r.Context(), moment, identity, by.extra, c)
	done()
	return res, issued.Session, err
}

// credentials parses what a login sends. A form that sets cookies must come from our
// pages: one of another site would have its reader act as somebody else, unknowing.
func (a *Auth[T]) credentials(r Request, parse func(Request) (Credentials, error)) (c Credentials, err error) {
	if parse != nil {
		timed, cancel := boundRequest(r, a.timeout)
		defer cancel()
		if c, err = parse(timed); err != nil {
			return c, err
		}
	}
	c.Realm, c.Request = a.realm, r
	if c.form && a.sessions != nil && a.sessions.Cookies != nil && !a.sessions.refresh.InsecureNoCSRF && !sameSite(r, a.sessions.refresh.TrustedOrigins) {
		return c, CSRF
	}
	return c, nil
}

// admitted asks Throttle and then who authenticates, and tells Throttle how that went,
// also if the client has gone meanwhile or the step panics.
func (a *Auth[T]) admitted(r Request, c Credentials, o *outcome, authenticate AuthenticateHandler[T]) (identity T, err error) {
	var settle func(context.Context, error)
	if a.throttle != nil {
		done := o.step("throttle")
		settle, err = judged(r, a.timeout, a.throttle, c)
		if done(); err != nil {
			return identity, err
		}
	}
	if settle == nil {
		return a.authenticated(r, c, o, authenticate)
	}
	outcome := error(Internal) // of a panic
	defer func() {
		ctx, cancel := bound(context.WithoutCancel(r.Context()), cmp.Or(a.timeout, endTimeout))
		defer cancel()
		settle(ctx, outcome)
	}()
	identity, err = a.authenticated(r, c, o, authenticate)
	outcome = err
	return identity, err
}

// authenticated asks who somebody is.
func (a *Auth[T]) authenticated(r Request, c Credentials, o *outcome, authenticate AuthenticateHandler[T]) (identity T, err error) {
	defer o.step("authenticate")()
	identity, err = judged(r, a.timeout, authenticate, c)
	if err == nil && a.nobody(identity) {
		err = BadCredentials
	}
	return identity, err
}

// judged calls a step that takes Credentials. Their Request ends with the step's context.
func judged[F ~func(context.Context, Credentials) (Out, error), Out any](r Request, d time.Duration, f F, c Credentials) (Out, error) {
	var cancel context.CancelFunc
	c.Request, cancel = boundRequest(r, d)
	defer cancel()
	return f(c.Request.Context(), c)
}

// noStore keeps an answer with a token, or about one, out of caches (RFC 6749
// section 5.1).
func noStore(res Response) Response {
	res = res.withOwnHeader()
	res.Header.Set("Cache-Control", "no-store")
	return res
}
