package adaptertest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/logins"
)

// entrances is an application with logins of every kind, one call each, behind one
// limiter.
type entrances struct {
	*App
	auth *core.Auth[*User]
}

func newEntrances(t testing.TB) *entrances {
	a := &entrances{App: &App{proceed: make(chan struct{})}}
	limiter, err := logins.NewLimiter(logins.Limits{Guesser: logins.Rate{Burst: 2, Every: time.Minute}, Address: logins.Rate{Burst: 9, Every: time.Minute}, Now: clock})
	check(err)
	ended, err := denylist.NewSubjects(denylist.Config{Realm: "conform", Now: clock})
	check(err)
	t.Cleanup(func() { _ = ended.Close() })
	a.Config = core.Config[*User]{
		Keys: testKeys().both, Signer: testKeys().rsa, Now: clock, Observer: &a.recorder, Rules: core.ClaimRules{Issuer: "conform"},
		Authenticate: authenticate, Payload: userClaims, Identify: identify, Throttle: limiter.Allow, Revocation: ended,
		Login: core.LoginConfig{Form: true},
		Who:   func(_ context.Context, _ core.Request, username string) (string, string) { return username, "" },
	}
	a.auth = core.Must(a.Config)
	a.Auth = a.auth
	by := func(path string, parse func(core.Request) (core.Credentials, error), authenticate core.AuthenticateHandler[*User]) {
		a.Endpoints = append(a.Endpoints, core.Route{Path: path, Serve: func(r core.Request) core.Response {
			return a.auth.LoginBy(r, parse, authenticate, core.Payload{"amr": path[1:]})
		}})
	}
	code := func(_ context.Context, c core.Credentials) (*User, error) {
		if c.Password != "123456" {
			return nil, core.BadCredentials
		}
		return &User{Name: c.Username, Role: "user"}, nil
	}
	by("/otp", core.LoginConfig{UsernameField: "phone", PasswordField: "code", Form: true}.Read, code)
	by("/link", func(r core.Request) (core.Credentials, error) {
		token, ok := strings.CutPrefix(r.RawQuery(), "t=")
		if !ok {
			return core.Credentials{}, core.BadRequest
		}
		return core.Credentials{Password: token}, nil
	}, func(_ context.Context, c core.Credentials) (*User, error) {
		c.Username = "joe"
		return code(context.Background(), c)
	})
	by("/provider", nil, func(_ context.Context, c core.Credentials) (*User, error) {
		switch c.Request.RawQuery() {
		case "code=good":
			return &User{Name: "joe", Role: "user"}, nil
		case "code=down":
			return nil, context.DeadlineExceeded
		case "code=defect":
			return nil, errors.New("a defect")
		case "code=panic":
			panic("a defect")
		}
		return nil, nil
	})
	by("/nobody", nil, nil)
	a.Endpoints = append(a.Endpoints, a.auth.Routes()...)
	a.Endpoints = append(a.Endpoints, core.Route{Path: "/end", Serve: func(r core.Request) core.Response {
		check(ended.Revoke(r.Context(), "conform", r.RawQuery()))
		return core.Response{Status: http.StatusNoContent}
	}})
	return a
}

// loginsBy are logins by form, code, link and provider: what is answered, observed and
// counted is what Login's is.
func loginsBy(t *testing.T, mounts []Mount) {
	const form = "Content-Type: application/x-www-form-urlencoded"
	for _, m := range mounts {
		app := newEntrances(t)
		s := server{m, m.Serve(t, app.App), app.App}
		f := &flow{t: t, server: s, jar: map[string]string{}}
		// asks sends a login, and checks what is observed of it.
		asks := func(want core.Kind, account, raw string) Answer {
			t.Helper()
			status := 200
			if want != 0 {
				status = want.Status()
			}
			a := f.ask(status, raw)
			if e := app.recorder.event(); e.Action != core.ActionLogin || e.Kind != want || e.Account != account || e.Status != status {
				t.Errorf("%s: %.40q: observed %v, %v, account %q, status %d, want a login, %v, %q", m.Name, raw, e.Action, e.Kind, e.Account, e.Status, want, account)
			}
			if a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %.40q: a cache may keep the answer", m.Name, raw)
			}
			if want == 0 != strings.HasPrefix(a.Body, `{"access_token":"`) {
				t.Errorf("%s: %.40q: got %s", m.Name, raw, a.Body)
			}
			return a
		}
		asks(0, "joe", post("/auth", "username=joe&password=pass", form))
		asks(0, "joe", post("/auth", "username=joe&password=p%61ss&role=admin&x=", form))
		asks(0, "joe", post("/auth", loginJoe))
		asks(core.BadBody, "", post("/auth", "username=joe&username=ann&password=pass", form))
		asks(core.BadBody, "", post("/auth", "username=joe", form))
		asks(core.BadBody, "", post("/auth", "username=joe&password=%zz", form))
		asks(core.BadBody, "", post("/auth", "username=%ff&password=pass", form))
		asks(core.BadBody, "", post("/auth?username=joe&password=pass", "", form))
		asks(core.TooLarge, "", post("/auth", "username=joe&password=pass&x="+strings.Repeat("x", 16<<10), form))
		asks(core.UnsupportedMedia, "", post("/auth", "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\njoe\r\n--x--\r\n", "Content-Type: multipart/form-data; boundary=x"))
		asks(core.MethodNotAllowed, "", get("/auth"))

		asks(0, "joe", post("/otp", `{"phone":"joe","code":"123456"}`))
		asks(0, "joe", post("/otp", "phone=joe&code=123456", form))
		asks(core.BadBody, "", post("/otp", loginJoe))
		asks(core.UnsupportedMedia, "", post("/otp", "x", "Content-Type: text/plain"))
		asks(0, "", get("/link?t=123456"))
		asks(core.BadRequest, "", get("/link"))
		asks(0, "", get("/provider?code=good"))
		asks(core.Unavailable, "", get("/provider?code=down"))
		asks(core.Internal, "", get("/provider?code=defect"))
		asks(core.Internal, "", get("/provider?code=panic"))
		asks(core.Internal, "", get("/nobody"))

		// A token of it, and a login again in the second in which all were ended.
		in := func(raw string) string {
			t.Helper()
			_, token, _ := strings.Cut(asks(0, "", raw).Body, `"access_token":"`)
			token, _, _ = strings.Cut(token, `"`)
			return token
		}
		for range 2 {
			old := in(get("/link?t=123456"))
			f.ask(200, at("/me", old))
			f.ask(204, get("/end?joe"))
			f.ask(401, at("/me", old))
			f.ask(200, at("/me", in(get("/link?t=123456"))))
			f.ask(200, at("/me", in(get("/provider?code=good"))))
		}

		// Two wrong codes for a name, in whatever way; and an address has nine in all.
		asks(core.BadCredentials, "ann", post("/otp", `{"phone":"ann","code":"1"}`))
		asks(core.BadCredentials, "ann", post("/auth", "username=ann&password=x", form))
		a := asks(core.TooManyRequests, "ann", post("/otp", `{"phone":"ann","code":"123456"}`))
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After: %v", m.Name, a.Header)
		}
		asks(0, "joe", post("/otp", `{"phone":"joe","code":"123456"}`))
		for range 4 { // three have failed at the provider's, for want of an answer
			asks(core.BadCredentials, "", get("/link?t=1"))
		}
		asks(core.TooManyRequests, "", get("/link?t=123456"))
		asks(core.TooManyRequests, "", get("/provider?code=good"))
		asks(core.TooManyRequests, "joe", post("/auth", loginJoe))
	}
}
