package core_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestEvents: what an Observer is told about whom. Algorithm and key id are
// those of the key that verified, never the header's words.
func TestEvents(t *testing.T) {
	key, err := keys.NewSecret([]byte(coretest.KeySecret), keys.WithID("k1"))
	if err != nil {
		t.Fatal(err)
	}
	var seen jwttest.Recorder
	auth := coretest.MustNew(t, core.Config[string]{
		Keys:         key,
		Now:          coretest.Stopped,
		Observer:     &seen,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) { return "", nil },
	})
	gate := auth.Require(core.Scopes("read"))
	at := jwttest.At(coretest.Now)
	for _, tt := range []struct {
		name  string
		token string
		kind  core.Kind
		claim string
		id    string
		clear bool // the Kind and the Claim say it all
	}{
		{"yes", jwttest.Mint(t, key, core.Payload{"sub": "joe", "scope": "read"}, at), 0, "", "k1", true},
		{"a guard's no", jwttest.Mint(t, key, core.Payload{"sub": "joe"}, at), core.InsufficientScope, "scope", "k1", true},
		{"nobody", jwttest.Mint(t, key, nil, at), core.UnknownIdentity, "sub", "k1", false},
		{"expired", jwttest.Mint(t, key, nil, at, jwttest.Expired()), core.Expired, "exp", "", true},
		{"required", jwttest.Mint(t, key, core.Payload{"exp": nil}, at), core.MissingClaim, "exp", "", true},
		{"unknown id", jwttest.Mint(t, key, nil, at, jwttest.Header("kid", "../../etc/passwd")), core.UnknownKey, "", "", false},
		{"forged", jwttest.Mint(t, jwttest.Secret(), nil, at), core.BadSignature, "", "", false},
		{"garbage", "gar-bage", core.Malformed, "", "", false},
	} {
		seen.Reset()
		gate(coretest.Bearer(tt.token))
		events := seen.Events()
		if len(events) != 1 {
			t.Errorf("%s: got %d events, want 1", tt.name, len(events))
			continue
		}
		e := events[0]
		alg := ""
		if tt.id != "" {
			alg = "HS256"
		}
		if e.Action != core.ActionVerify || e.Kind != tt.kind || e.Claim != tt.claim || e.KeyID != tt.id || e.Algorithm != alg ||
			e.Duration < 0 || (e.Cause == nil) != tt.clear || e.Stack != nil || e.Anonymous {
			t.Errorf("%s: got %+v", tt.name, e)
		}
	}
	seen.Reset()
	auth.Login(coretest.Post(coretest.JoesLogin))
	auth.Login(coretest.Post(`{}`))
	if e := seen.Events(); len(e) != 2 || e[0].Kind != core.BadCredentials || e[1].Kind != core.BadBody || e[0].Action != core.ActionLogin {
		t.Errorf("login: got %+v", e)
	}
}

// TestObserverSeesTheContext: of a yes the record's, so that a log can name who.
func TestObserverSeesTheContext(t *testing.T) {
	cfg := coretest.Accepting()
	var who *coretest.User
	cfg.Observer = coretest.Observe(func(ctx context.Context, _ core.Event) { who, _ = core.Identity[*coretest.User](ctx) })
	if coretest.MustNew(t, cfg).Require()(coretest.Get()); who != coretest.Joe {
		t.Errorf("got %v, want joe", who)
	}
}

// TestObserverPanics: its panic is answered with 500 and ends there, even if it
// panics at being told of it. What has been done stays done: a login that succeeded.
func TestObserverPanics(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Observer = coretest.Observe(func(context.Context, core.Event) { panic("observer") })
	cfg.OnError = func(core.Request, *core.Error) core.Response { panic("on error") }
	auth := coretest.MustNew(t, cfg)
	if _, res, ok := auth.Require()(coretest.Get()); ok || res.Status != 500 {
		t.Errorf("Require: got %d, want 500", res.Status)
	}
	if _, err := auth.Verify(coretest.Get()); coretest.KindOf(t, err) != core.Internal {
		t.Errorf("Verify: got %v, want Internal", err)
	}
	for body, want := range map[string]int{coretest.JoesLogin: 200, `{}`: 500} {
		if res := auth.Login(coretest.Post(body)); res.Status != want {
			t.Errorf("Login: got %d, want %d", res.Status, want)
		}
	}
}

func TestLogObserver(t *testing.T) {
	boom := func(context.Context, core.Credentials) (string, error) { panic("boom") }
	for _, tt := range []struct {
		name         string
		authenticate core.AuthenticateHandler[string]
		act          func(*core.Auth[string])
		level        slog.Level
		want         []string
	}{
		{"yes", nil, func(a *core.Auth[string]) {
			a.Require()(coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"})))
		}, slog.LevelDebug, []string{`msg="jwtgate verify"`, "kind=ok", "key.alg=HS256", "took_ms="}},
		{"anonymous", nil, func(a *core.Auth[string]) { a.Optional()(coretest.Get()) }, slog.LevelDebug, []string{"kind=ok", "request.anonymous=true"}},
		{"bad token", nil, func(a *core.Auth[string]) { a.Require()(coretest.Bearer(coretest.Minted(t, nil, jwttest.Expired()))) }, slog.LevelInfo, []string{"kind=expired", "status=401", "refused.claim=exp"}},
		{"failed login", func(context.Context, core.Credentials) (string, error) { return "", nil }, func(a *core.Auth[string]) { a.Login(coretest.Post(coretest.JoesLogin)) }, slog.LevelInfo, []string{`msg="jwtgate login"`, "kind=bad_credentials"}},
		{"outage", func(context.Context, core.Credentials) (string, error) { return "", context.DeadlineExceeded }, func(a *core.Auth[string]) { a.Login(coretest.Post(coretest.JoesLogin)) }, slog.LevelWarn, []string{"kind=unavailable", "cause="}},
		{"defect", boom, func(a *core.Auth[string]) { a.Login(coretest.Post(coretest.JoesLogin)) }, slog.LevelError, []string{"kind=internal", `cause="panic: boom"`, "observe_test.go"}},
	} {
		for _, enabled := range []slog.Level{tt.level, tt.level + 1} {
			var out bytes.Buffer
			log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: enabled}))
			if tt.authenticate == nil {
				tt.authenticate = boom
			}
			auth := coretest.MustNew(t, core.Config[string]{
				Keys: jwttest.Secret(), Now: coretest.Stopped, Authenticate: tt.authenticate, Observer: core.LogObserver(log),
			})
			out.Reset() // of what New told
			tt.act(auth)
			if enabled > tt.level {
				if out.Len() > 0 {
					t.Errorf("%s: logged above %v: %s", tt.name, tt.level, &out)
				}
				continue
			}
			coretest.Contains(t, tt.name, out.String(), append(tt.want, "level="+tt.level.String())...)
			coretest.Lacks(t, tt.name, out.Bytes(), "joe", "pass\"", "eyJ")
			if n := strings.Count(out.String(), "\n"); n != 1 {
				t.Errorf("%s: got %d lines", tt.name, n)
			}
		}
	}
}

func TestActionString(t *testing.T) {
	for a, want := range map[core.Action]string{core.ActionVerify: "verify", core.ActionLogin: "login", 0: "unknown", 99: "unknown"} {
		if got := a.String(); got != want {
			t.Errorf("%d: got %q, want %q", uint8(a), got, want)
		}
	}
}

// TestPrinting: whatever a program prints by accident, no token, password,
// secret or claim's value is in it.
func TestPrinting(t *testing.T) {
	const secret = "9209dcb468e07e032fd0db16-the-secret-text"
	key, err := keys.NewSecret([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	cfg := core.Config[*coretest.User]{Keys: key, Signer: key, Identify: coretest.Accepting().Identify, Payload: coretest.Accepting().Payload, Now: coretest.Stopped}
	auth := coretest.MustNew(t, cfg)
	token := jwttest.Mint(t, key, core.Payload{"sub": "claim-value"}, jwttest.At(coretest.Now))
	ctx, err := auth.Verify(coretest.Bearer(token))
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := core.ClaimsOf(ctx)
	cred, _ := core.CredentialOf(ctx)
	issued, err := auth.Issue(context.Background(), core.Moment{}, &coretest.User{Name: "claim-value"})
	if err != nil {
		t.Fatal(err)
	}
	var credentials core.Credentials
	in := cfg
	in.Authenticate = func(_ context.Context, c core.Credentials) (*coretest.User, error) { credentials = c; return nil, nil }
	coretest.MustNew(t, in).Login(coretest.Post(`{"username":"joe","password":"pass-word"}`))
	if credentials.Password != "pass-word" {
		t.Fatal("Authenticate was not called")
	}
	_, refused := auth.Verify(coretest.Bearer(token + "A"))

	type exported struct{ V any }
	type unexported struct{ v any }
	derived, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	all := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"}
	print := func(name string, v any, inside []string) {
		var out bytes.Buffer
		logs := []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))}
		for i, form := range []any{v, exported{v}, &exported{v}, []any{v}, unexported{v}, &unexported{v}, []unexported{{v}}} {
			verbs := all
			if i > 3 { // fmt cannot call the methods of what is in an unexported field
				if verbs = inside; verbs == nil {
					break
				}
			}
			for _, verb := range verbs {
				if s := coretest.Sprintf(verb, form); strings.Contains(s, "PANIC") {
					t.Errorf("%s: %s panics: %s", name, verb, s)
				} else {
					out.WriteString(s)
				}
			}
			logs[0].Info("x", "v", form)
		}
		logs[1].Info("x", "v", v)
		for _, hidden := range []string{secret, token, issued.Token, "pass-word", "claim-value"} {
			for _, spelt := range []string{hidden, coretest.Sprintf("%x", hidden), coretest.Sprintf("%d", []byte(hidden))} {
				if strings.Contains(out.String(), spelt) {
					t.Errorf("%s: shows %s", name, spelt)
				}
			}
		}
	}
	for name, v := range map[string]any{
		"key": key, "key source": keys.Source(key), "config": cfg, "config pointer": &cfg, "auth": auth, "error": refused,
	} {
		print(name, v, all)
	}
	for name, v := range map[string]any{"claims": claims, "context": ctx, "derived context": derived} {
		print(name, v, all[:3])
	}
	for name, v := range map[string]any{"credential": cred, "credentials": credentials, "issued": issued} {
		print(name, v, nil)
	}
	for name, tt := range map[string]struct {
		v    any
		want string
	}{
		"claims":          {claims, `Claims["exp" "iat" "nbf" "sub"]`},
		"nil claims":      {(*core.Claims)(nil), `Claims[]`},
		"credentials":     {credentials, `Credentials{"joe"}`},
		"credential":      {cred, `Credential{core.HeaderSource}`},
		"issued":          {issued, "Issued{" + issued.ID + ", expires 2030-01-01T00:05:00Z}"},
		"context":         {ctx, "context.Background.jwtgate"},
		"derived context": {context.WithValue(ctx, coretest.User{}, 1), "context.Background.jwtgate.WithValue(core_test.user, 1)"},
	} {
		if got := coretest.Sprintf("%v", tt.v); !strings.HasPrefix(got, tt.want) && name != "derived context" {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
	own, _, _ := auth.Require()(coretest.Bearer(token).With(ownContext{context.Background(), secret}))
	if got := coretest.Sprintf("%v", own); got != "core_test.ownContext.jwtgate" {
		t.Errorf("a context of the user's own type: got %s", got)
	}
}

type ownContext struct {
	context.Context
	secret string
}

// TestNoSecretsInErrors: the text of every refusal of a token or a login.
func TestNoSecretsInErrors(t *testing.T) {
	auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: coretest.Stopped})
	valid := coretest.Minted(t, core.Payload{"sub": "joe"})
	for name, r := range map[string]coretest.Stub{
		"header twice": coretest.Get("Authorization", "Bearer "+valid, "Authorization", "Bearer "+valid),
		"expired":      coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}, jwttest.Expired())),
		"five parts":   coretest.Bearer(valid + "." + valid),
		"spaces":       coretest.Bearer(valid + " " + valid),
		"bad base64":   coretest.Bearer(valid + "A"),
	} {
		_, err := auth.Verify(r)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		var e *core.Error
		errors.As(err, &e)
		coretest.Lacks(t, name, []byte(err.Error()+coretest.Sprintf("%+v", e)+string(e.Response().Body)+coretest.Sprintf("%v", e.Response().Header)), valid[:20], valid[len(valid)-20:])
	}
}
