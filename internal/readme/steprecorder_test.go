package readme_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// recorded does what a flow is about, with all steps set, and returns their names
// as they were called.
func recorded(t *testing.T, flow string) []string {
	t.Helper()
	r := &recorder{}
	auth := r.auth(t)
	do := func(req *http.Request) core.Response { return auth.Login(core.FromHTTP(req)) }
	post := func(body string) *http.Request {
		req := httptest.NewRequest("POST", "/auth", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		return req
	}
	login := do(post(`{"username":"joe","password":"pass"}`))
	names := r.names
	r.names = nil
	switch flow {
	case "request", "refused":
		req := httptest.NewRequest("GET", "/", nil)
		if flow == "request" {
			req.Header.Set("Authorization", "Bearer "+r.token)
		} else {
			req.Header.Set("Authorization", "Basic x")
		}
		_, res, ok := auth.Require(core.GuardFunc(func(context.Context, core.Request, *core.Claims) error {
			r.call("guards")
			return nil
		}))(core.FromHTTP(req))
		if ok != (flow == "request") {
			t.Fatalf("%s: got %d", flow, res.Status)
		}
		names = r.names
		if flow == "refused" {
			names = names[1:] // Lookup has said no
		}
	case "refresh":
		res := auth.Refresh(core.FromHTTP(post(`{"refresh_token":"` + r.refresh + `"}`)))
		if res.Status != 200 {
			t.Fatalf("refresh: got %d: %s", res.Status, res.Body)
		}
		names = r.names
	default:
		if login.Status != 200 {
			t.Fatalf("login: got %d: %s", login.Status, login.Body)
		}
	}
	return slices.Compact(names)
}

// recorder has a Config whose every step says its name.
type recorder struct {
	names          []string
	token, refresh string
}

func (r *recorder) call(name string) { r.names = append(r.names, name) }

func (r *recorder) auth(t *testing.T) *core.Auth[string] {
	t.Helper()
	key, err := keys.NewSecret([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), keys.InsecureGuessableSecret())
	if err != nil {
		t.Fatal(err)
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	auth, err := core.New(core.Config[string]{
		Keys: key,
		Lookup: func(req core.Request) (core.Credential, error) {
			r.call("Lookup")
			return core.Lookup(core.HeaderSource{Scheme: "Bearer"})(req)
		},
		Decode: func(ctx context.Context, token string) (*core.Claims, error) {
			r.call("Decode")
			return core.Decoder(key, core.ClaimRules{})(ctx, token)
		},
		Revocation: revocation{r},
		Identify: func(_ context.Context, c *core.Claims) (string, error) {
			r.call("Identify")
			return c.Subject(), nil
		},
		Throttle: func(context.Context, core.Credentials) (func(context.Context, error), error) {
			r.call("Throttle")
			return func(context.Context, error) { r.call("settle") }, nil
		},
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			r.call("Authenticate")
			return c.Username, nil
		},
		Stamp: func(string) string { r.call("Stamp"); return "1" },
		Payload: func(_ context.Context, name string) (core.Payload, error) {
			r.call("Payload")
			return core.Payload{"sub": name}, nil
		},
		Headers: func(context.Context, string, core.Payload) (map[string]any, error) {
			r.call("Headers")
			return map[string]any{}, nil
		},
		Encode: func(ctx context.Context, header map[string]any, p core.Payload) (string, error) {
			r.call("Encode")
			return core.Encoder(key)(ctx, header, p)
		},
		AuthResponse: func(_ core.Request, _ string, issued core.Issued) core.Response {
			r.call("AuthResponse")
			r.token, r.refresh = issued.Token, issued.RefreshToken
			return core.Response{}
		},
		OnError: func(_ core.Request, e *core.Error) core.Response {
			r.call("OnError")
			return e.Response()
		},
		Sessions: core.SessionConfig{
			Store: recordedStore{store, r}, Realm: "test",
			Label: func(core.Request) string { r.call("Sessions.Label"); return "" },
		},
		Renew: func(_ context.Context, s sessions.Session) (string, error) {
			r.call("Renew")
			return s.Subject, nil
		},
		Observer: observer{r},
		Who: func(context.Context, core.Request, string) (string, string) {
			r.call("Who")
			return "", ""
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

type observer struct{ *recorder }

func (o observer) Observe(_ context.Context, e core.Event) {
	if e.Action != core.ActionStart { // which is no step of a request
		o.call("Observer")
	}
}

type revocation struct{ *recorder }

func (r revocation) Revoked(context.Context, *core.Claims) (bool, error) {
	r.call("Revocation")
	return false, nil
}

type recordedStore struct {
	sessions.Store
	*recorder
}

func (s recordedStore) Ticket(ctx context.Context, realm string) (int64, error) {
	s.call("Sessions.Store")
	return s.Store.Ticket(ctx, realm)
}

func (s recordedStore) Create(ctx context.Context, c sessions.Creation) (sessions.Created, error) {
	s.call("Sessions.Store")
	return s.Store.Create(ctx, c)
}

func (s recordedStore) Find(ctx context.Context, realm, id string, token sessions.TokenHash, now time.Time) (sessions.Outcome, error) {
	s.call("Sessions.Store")
	return s.Store.Find(ctx, realm, id, token, now)
}

func (s recordedStore) Rotate(ctx context.Context, r sessions.Rotation) (sessions.Outcome, error) {
	s.call("Sessions.Store")
	return s.Store.Rotate(ctx, r)
}

func (s recordedStore) Ended(ctx context.Context, realm, id string, now time.Time) (bool, error) {
	s.call("Sessions.Store")
	return s.Store.Ended(ctx, realm, id, now)
}
