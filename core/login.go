package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// AuthResponseHandler makes the answer to a login or a refresh that succeeded.
// Cache-Control: no-store is added to it, and with Sessions.Cookies the cookies.
// Flask-JWT called it auth_response_handler.
type AuthResponseHandler[T any] func(r Request, identity T, issued Issued) Response

// defaultAuthResponse is RFC 6749 section 5.1, without the tokens if they are in
// cookies alone.
func defaultAuthResponse[T any](scheme string, inBody bool) AuthResponseHandler[T] {
	return func(_ Request, _ T, issued Issued) Response {
		body := struct {
			AccessToken  string `json:"access_token,omitempty"`
			TokenType    string `json:"token_type,omitempty"`
			ExpiresIn    int64  `json:"expires_in,omitempty"`
			RefreshToken string `json:"refresh_token,omitempty"`
		}{issued.Token, scheme, int64(issued.ExpiresIn / time.Second), issued.RefreshToken}
		if !inBody {
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
// for Credentials.Decode. Every answer carries Cache-Control: no-store. An Auth
// without Authenticate answers every login with Internal: mount LoginRoute,
// which notices at start-up.
func (a *Auth[T]) Login(r Request) (res Response) {
	r = rereadLast(r)
	o := a.watch(ActionLogin, r)
	if e := caught(func() { res = a.greet(r, o) }, func(e *Error) { o.tell(r.Context(), e) }); e != nil {
		res = a.refusalOf(ActionLogin, r, Credential{}, e)
	}
	return noStore(typed(res))
}

func (a *Auth[T]) greet(r Request, o *outcome) Response {
	if r.Method() == http.MethodOptions && slices.Contains(a.login.Methods, http.MethodOptions) {
		return Response{Status: http.StatusOK, Header: http.Header{"Allow": {strings.Join(a.login.Methods, ", ")}}}
	}
	res, s, err := a.logIn(r, o)
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
// taken before the authentication began.
func (a *Auth[T]) Admit(r Request, moment Moment, identity T, extra ...Payload) Response {
	return a.endpoint(ActionLogin, r, nil, func(r Request) (context.Context, Response, error) {
		ctx := r.Context()
		if a.nobody(identity) {
			return ctx, Response{}, BadCredentials
		}
		res, issued, err := a.admit(ctx, moment, identity, extra, r)
		return withSession(ctx, issued.Session), res, err
	})
}

// welcome is the answer to a login or a refresh.
func (a *Auth[T]) welcome(r Request, identity T, issued Issued) (Response, error) {
	timed, cancel := boundRequest(r, a.timeout)
	defer cancel()
	res := a.authResponse(timed, identity, issued)
	setup.Default(&res.Status, http.StatusOK)
	if a.sessions == nil {
		return res, nil
	}
	return a.sessions.setTokens(r.Context(), res, issued, a.sessionTime())
}

// logIn is the order of a login's steps. The session is set as far as it is known.
func (a *Auth[T]) logIn(r Request, o *outcome) (res Response, s sessions.Session, err error) {
	if err := wellFormed(r); err != nil {
		return res, s, err
	}
	if !slices.Contains(a.login.Methods, r.Method()) {
		return res, s, &Error{Kind: MethodNotAllowed, Methods: a.login.Methods}
	}
	if a.authenticate == nil {
		return res, s, errors.New("Login is mounted, but Config.Authenticate is nil")
	}
	c, err := a.credentials(r)
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
	identity, err := a.admitted(r, c, o)
	if err != nil {
		return res, s, err
	}
	done := o.step("issue")
	res, issued, err := a.admit(r.Context(), moment, identity, nil, r)
	done()
	return res, issued.Session, err
}

// admitted asks Throttle and then Authenticate, and tells Throttle how that went,
// also if the client has gone meanwhile or Authenticate panics.
func (a *Auth[T]) admitted(r Request, c Credentials, o *outcome) (identity T, err error) {
	var settle func(context.Context, error)
	if a.throttle != nil {
		done := o.step("throttle")
		settle, err = judged(r, a.timeout, a.throttle, c)
		if done(); err != nil {
			return identity, err
		}
	}
	if settle == nil {
		return a.authenticated(r, c, o)
	}
	outcome := error(Internal) // of a panic
	defer func() {
		ctx, cancel := bound(context.WithoutCancel(r.Context()), cmp.Or(a.timeout, endTimeout))
		defer cancel()
		settle(ctx, outcome)
	}()
	identity, err = a.authenticated(r, c, o)
	outcome = err
	return identity, err
}

// authenticated asks Authenticate.
func (a *Auth[T]) authenticated(r Request, c Credentials, o *outcome) (identity T, err error) {
	defer o.step("authenticate")()
	identity, err = judged(r, a.timeout, a.authenticate, c)
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

// credentials reads the body: bounded, JSON by its Content-Type, strictly one
// object, with the two fields.
func (a *engine) credentials(r Request) (Credentials, error) {
	if media := contentType(r); media != jsonMedia && !(a.flask && flaskJSON(media)) {
		return Credentials{}, UnsupportedMedia
	}
	body, err := readBody(r, a.login.MaxBytes)
	if err != nil {
		return Credentials{}, err
	}
	if a.flask {
		body = strings.TrimPrefix(body, "\ufeff")
	}
	c := Credentials{Realm: a.realm, Request: r, body: body}
	members, err := strictjson.Object(c.body, nil)
	if err != nil {
		return Credentials{}, &Error{Kind: BadBody, Cause: err}
	}
	for _, m := range members {
		var field *string
		switch m.Name {
		case a.login.UsernameField:
			field = &c.Username
		case a.login.PasswordField:
			field = &c.Password
		default:
			continue
		}
		if s, ok := strictjson.String(m.Value); ok {
			*field = keep.String(s) // a name that is kept must not keep the body, and the password in it
		}
	}
	if a.login.OnlyFields && len(members) != 2 {
		return Credentials{}, &Error{Kind: BadBody, Cause: errFields}
	}
	if c.Username == "" || c.Password == "" {
		return Credentials{}, &Error{Kind: BadBody, Cause: errFields}
	}
	return c, nil
}

var errFields = because("the username or the password is absent, empty or no string, or there is more than these")

// noStore keeps an answer with a token, or about one, out of caches (RFC 6749
// section 5.1).
func noStore(res Response) Response {
	res = res.withOwnHeader()
	res.Header.Set("Cache-Control", "no-store")
	return res
}

// checkLoginMethod says what is wrong with a method of the login endpoint.
func checkLoginMethod(m string) error {
	switch {
	case !field.IsToken(m) || m != strings.ToUpper(m):
		return fmt.Errorf("%.64q is not the name of a method in capitals", m)
	case m == "GET" || m == "HEAD" || m == "TRACE":
		return fmt.Errorf("%s carries no body; credentials in a URL end up in logs", m)
	}
	return nil
}
