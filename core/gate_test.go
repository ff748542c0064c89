package core_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// counting is an Auth for tokens of jwttest.Secret whose Decode counts its calls.
func counting(t *testing.T) (auth *core.Auth[string], decoded *int) {
	decoded = new(int)
	decode := core.Decoder(jwttest.Secret(), core.ClaimRules{Now: coretest.Stopped})
	auth = coretest.MustNew(t, core.Config[string]{
		Keys: jwttest.Secret(),
		Decode: func(ctx context.Context, token string) (*core.Claims, error) {
			*decoded++
			return decode(ctx, token)
		},
	})
	return auth, decoded
}

// chain runs gates one behind the other, as nested middleware does.
func chain(r coretest.Stub, gates ...core.Gate) (ctx context.Context, status int) {
	ctx = r.Context()
	for _, gate := range gates {
		next, res, ok := gate(r.With(ctx))
		if !ok {
			return ctx, res.Status
		}
		ctx = next
	}
	return ctx, 200
}

func TestGates(t *testing.T) {
	auth, decoded := counting(t)
	other, _ := counting(t)
	asked := 0
	ask := asks(func() error { asked++; return nil })
	no := saying(core.Forbidden)
	pub := auth.WithRealm("elsewhere")
	good := coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}))
	bad := coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}, jwttest.Expired()))
	derived := func(r core.Request) (context.Context, core.Response, bool) {
		ctx, cancel := context.WithCancel(context.WithValue(r.Context(), coretest.User{}, 1))
		context.AfterFunc(ctx, cancel)
		return ctx, core.Response{}, true
	}
	for _, tt := range []struct {
		name           string
		r              coretest.Stub
		gates          []core.Gate
		status         int
		who            string
		decoded, asked int
	}{
		{"Require, good", good, []core.Gate{auth.Require()}, 200, "joe", 1, 0},
		{"Require, bad", bad, []core.Gate{auth.Require()}, 401, "", 1, 0},
		{"Require, none", coretest.Get(), []core.Gate{auth.Require()}, 401, "", 0, 0},
		{"Optional, good", good, []core.Gate{auth.Optional()}, 200, "joe", 1, 0},
		{"Optional, bad", bad, []core.Gate{auth.Optional()}, 401, "", 1, 0},
		{"Optional, none", coretest.Get(), []core.Gate{auth.Optional()}, 200, "", 0, 0},
		{"Optional, presented against the rules", coretest.Get("Authorization", "Bearer"), []core.Gate{auth.Optional()}, 400, "", 0, 0},
		{"Optional, another scheme", coretest.Get("Authorization", "Basic eDp5"), []core.Gate{auth.Optional()}, 200, "", 0, 0},
		{"guards in order", good, []core.Gate{auth.Require(ask, no, ask)}, 403, "", 1, 1},
		{"guards not asked of the refused", bad, []core.Gate{auth.Require(ask)}, 401, "", 1, 0},
		{"Require behind Require asks only its guards", good, []core.Gate{auth.Require(ask), auth.Require(ask, ask)}, 200, "joe", 1, 3},
		{"Require behind Require, refusing", good, []core.Gate{auth.Require(), auth.Require(no)}, 403, "joe", 1, 0},
		{"a derived context between", good, []core.Gate{auth.Require(), derived, auth.Require(ask)}, 200, "joe", 1, 1},
		{"Optional then Require, good", good, []core.Gate{auth.Optional(), auth.Require(ask)}, 200, "joe", 1, 1},
		{"Optional then Require, none", coretest.Get(), []core.Gate{auth.Optional(), auth.Require()}, 401, "", 0, 0},
		{"Optional then Optional, none", coretest.Get(), []core.Gate{auth.Optional(), auth.Optional()}, 200, "", 0, 0},
		{"Require then Optional", good, []core.Gate{auth.Require(), auth.Optional()}, 200, "joe", 1, 0},
		{"another Auth authenticates afresh", good, []core.Gate{other.Require(), auth.Require()}, 200, "joe", 1, 0},
		{"another Auth in between", good, []core.Gate{auth.Require(), other.Require(), auth.Require()}, 200, "joe", 2, 0},
		{"the same Auth in another realm", good, []core.Gate{auth.Require(), pub.Require(ask)}, 200, "joe", 1, 1},
	} {
		*decoded, asked = 0, 0
		ctx, status := chain(tt.r, tt.gates...)
		who, _ := auth.Identity(ctx)
		if status != tt.status || who != tt.who {
			t.Errorf("%s: got %d and %q, want %d and %q", tt.name, status, who, tt.status, tt.who)
		}
		if *decoded != tt.decoded || asked != tt.asked {
			t.Errorf("%s: decoded %d times, asked %d, want %d and %d", tt.name, *decoded, asked, tt.decoded, tt.asked)
		}
	}
}

// TestGateBehindGate: the second adds nothing and takes nothing away: values that
// middleware between them put into the context are still there.
func TestGateBehindGate(t *testing.T) {
	type key struct{}
	auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: coretest.Stopped, Sources: []core.Source{core.CookieSource{}}})
	r := coretest.Get("Cookie", "__Host-access_token="+coretest.Minted(t, core.Payload{"sub": "joe"}))
	first, res, ok := auth.Require()(r)
	if !ok || res.Header.Get("Vary") != "Cookie" {
		t.Fatalf("the first gate: %v %v", ok, res.Header)
	}
	for name, gate := range map[string]core.Gate{"Require": auth.Require(), "Optional": auth.Optional()} {
		between := context.WithValue(first, key{}, "between")
		ctx, res, ok := gate(r.With(between))
		if who, _ := auth.Identity(ctx); !ok || ctx != between || who != "joe" || len(res.Header) > 0 {
			t.Errorf("%s: got %v, %v for %q, headers %v", name, ok, ctx, who, res.Header)
		}
	}
}

// TestGuardsAreCopied: who changes the slice afterwards does not open the gate.
func TestGuardsAreCopied(t *testing.T) {
	guards := []core.Guard{saying(core.Forbidden)}
	gate := coretest.MustNew(t, coretest.Accepting()).Require(guards...)
	guards[0] = saying(nil)
	if _, res, ok := gate(coretest.Get()); ok || res.Status != 403 {
		t.Errorf("got %d, want 403", res.Status)
	}
}

// TestOptionalTakesOnlyMissingForAnonymous: an error that has Missing in it, or
// comes after a token was found, is a refusal.
func TestOptionalTakesOnlyMissingForAnonymous(t *testing.T) {
	outage := &core.Error{Kind: core.Unavailable, Cause: core.MissingToken}
	lookup := func(c core.Credential, err error) func(*core.Config[*coretest.User]) {
		return func(cfg *core.Config[*coretest.User]) {
			cfg.Lookup = func(core.Request) (core.Credential, error) { return c, err }
		}
	}
	source := func(err error) func(*core.Config[*coretest.User]) {
		return func(cfg *core.Config[*coretest.User]) {
			cfg.Lookup = nil
			cfg.Sources = []core.Source{core.SourceFunc(func(core.Request) (core.Credential, error) { return core.Credential{}, err })}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*core.Config[*coretest.User])
		status int // 0: anonymous
	}{
		{"Lookup, Missing", lookup(core.Credential{}, core.MissingToken), 0},
		{"Lookup, wrapped", lookup(core.Credential{}, errors.Join(core.MissingToken)), 0},
		{"Lookup, nothing", lookup(core.Credential{}, nil), 0},
		{"Lookup, an outage", lookup(core.Credential{}, outage), 503},
		{"source, Missing", source(core.MissingToken), 0},
		{"source, nothing", source(nil), 0},
		{"source, an outage", source(outage), 503},
		{"source, unknown", source(coretest.ErrDatabase), 500},
		{"Decode, Missing", func(c *core.Config[*coretest.User]) {
			c.Decode = func(context.Context, string) (*core.Claims, error) { return nil, core.MissingToken }
		}, 401},
		{"Identify, Missing", func(c *core.Config[*coretest.User]) {
			c.Identify = func(context.Context, *core.Claims) (*coretest.User, error) { return nil, core.MissingToken }
		}, 401},
	} {
		cfg := coretest.Accepting()
		tt.change(&cfg)
		auth := coretest.MustNew(t, cfg)
		ctx, res, ok := auth.Optional()(coretest.Get())
		if ok != (tt.status == 0) || res.Status != tt.status {
			t.Errorf("%s: got %v %d, want %d", tt.name, ok, res.Status, tt.status)
		}
		if _, err := auth.Identity(ctx); ok && !errors.Is(err, core.ErrAnonymous) {
			t.Errorf("%s: got %v, want ErrAnonymous", tt.name, err)
		}
	}
}

// A preflight that reaches a gate carries no token, and is refused as anything else
// that carries none: CORS stands before the gate.
func TestPreflight(t *testing.T) {
	r := coretest.Call("OPTIONS", "", "Origin", "https://a.b", "Access-Control-Request-Method", "PUT")
	auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret()})
	for name, gates := range map[string][]core.Gate{"Require": {auth.Require()}, "behind Optional": {auth.Optional(), auth.Require()}} {
		if _, status := chain(r, gates...); status != 401 {
			t.Errorf("%s: got %d, want 401", name, status)
		}
	}
}

// TestPanicBeforeTheRecord: what panics before there is a record is answered too.
func TestPanicBeforeTheRecord(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	_, res, ok := auth.Require()(headerless{coretest.Get()})
	if ok || res.Status != 500 {
		t.Errorf("got %d, want 500", res.Status)
	}
	if _, err := auth.Verify(headerless{coretest.Get()}); coretest.KindOf(t, err) != core.Internal {
		t.Errorf("Verify: got %v, want Internal", err)
	}
}

type headerless struct{ coretest.Stub }

func (headerless) Context() context.Context { return context.Background() }

func (headerless) RawHeaders() []byte { panic("no such thing") }

func TestMalformedRequests(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	for _, tt := range []struct {
		name, block string
		want        int
	}{
		{"plain", "Host: a\r\nX-A: b\r\n\r\n", 0},
		{"bare line feeds", "Host: a\nX-A: b", 0},
		{"tab in a value", "Host: a\r\nX-A: b\tc\r\n", 0},
		{"bytes beyond ASCII", "Host: a\r\nX-A: \xff\r\n", 0},
		{"folded", "Host: a\r\nX-A: b\r\n c\r\n", 0},
		{"Host in capitals", "HOST: a\r\n", 0},
		{"no Host", "X-A: b\r\n", 400},
		{"two Hosts", "Host: a\r\nhost: a\r\n", 400},
		{"no colon", "Host: a\r\nX-A\r\n", 400},
		{"empty name", "Host: a\r\n: b\r\n", 400},
		{"space before the colon", "Host: a\r\nX-A : b\r\n", 400},
		{"NUL in a value", "Host: a\r\nX-A: b\x00\r\n", 400},
		{"DEL in a value", "Host: a\r\nX-A: b\x7f\r\n", 400},
		{"carriage return in a value", "Host: a\r\nX-A: b\rc\r\n", 400},
		{"escape in a folded line", "Host: a\r\nX-A: b\r\n\x1b\r\n", 400},
		{"control in a fold", "Host: a\r\nX-A: b\r\n \x1b\r\n", 400},
		{"parenthesis in a name", "Host: a\r\n(A): b\r\n", 400},
		{"Host with a port", "Host: [::1]:80\r\n", 0},
		{"Host with a space (RFC 3986 section 3.2.2)", "Host: a b\r\n", 400},
		{"Host with a slash", "Host: a/b\r\n", 400},
		{"Host beyond ASCII", "Host: \xe4\r\n", 400},
		{"an empty Host", "Host: \r\n", 0},
		{"an empty Host and another", "Host: \r\nHost: a\r\n", 400},
	} {
		_, res, _ := auth.Require()(rawRequest{coretest.Get(), tt.block})
		if res.Status != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, res.Status, tt.want)
		}
		if _, res, _ := auth.Require()(around{rawRequest{coretest.Get(), tt.block}, context.Background()}); res.Status != tt.want {
			t.Errorf("%s, in another Request: got %d, want %d", tt.name, res.Status, tt.want)
		}
	}
}

// around is a Request around another, as middleware may make one.
type around struct {
	core.Request
	ctx context.Context
}

func (a around) Context() context.Context { return a.ctx }

func (a around) Unwrap() core.Request { return a.Request }

// TestHost: a server judges it, core does for a server that does not. A request that
// a test has made without one is no mistake, and neither is one of HTTP/1.0.
func TestHost(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	made, err := http.NewRequest("GET", "/", nil) // and not httptest's, which has one
	if err != nil {
		t.Fatal(err)
	}
	r := coretest.Get()
	r.HostName = ""
	for _, tt := range []struct {
		name string
		r    core.Request
		want int
	}{
		{"a request of net/http that a test made", core.FromHTTP(made), 0},
		{"another that a test made", r, 0},
		{"HTTP/1.1, no field at all", rawRequest{r, ""}, 400},
		{"HTTP/1.1, none", rawRequest{r, "X-A: b\r\n"}, 400},
		{"HTTP/1.1, empty", rawRequest{r, "Host:\r\n"}, 0},
		{"HTTP/1.0, no field at all", old{rawRequest{r, ""}}, 0},
		{"HTTP/1.0, none", old{rawRequest{r, "X-A: b\r\n"}}, 0},
		{"HTTP/1.0, none, in another Request", around{old{rawRequest{r, "X-A: b\r\n"}}, context.Background()}, 0},
		{"HTTP/1.0, two", old{rawRequest{r, "Host: a\r\nHost: a\r\n"}}, 400},
		{"HTTP/1.0, a bad one", old{rawRequest{r, "Host: a b\r\n"}}, 400},
	} {
		for name, gate := range map[string]core.Gate{"Require": auth.Require(), "Optional": auth.Optional()} {
			if _, res, ok := gate(tt.r); res.Status != tt.want || ok != (tt.want == 0) {
				t.Errorf("%s, %s: got %v, %d, want %d", tt.name, name, ok, res.Status, tt.want)
			}
		}
	}
	in := coretest.Post(coretest.JoesLogin)
	in.HostName = ""
	if res := auth.Login(in); res.Status != 200 {
		t.Errorf("a login that a test made: got %d, want 200", res.Status)
	}
	if res := auth.Login(rawRequest{in, "X-A: b\r\n"}); res.Status != 400 {
		t.Errorf("a login without Host: got %d, want 400", res.Status)
	}
}

// TestHostWithinAStep: what a step is given, to ask another Auth about, is judged as
// the request itself.
func TestHostWithinAStep(t *testing.T) {
	other := coretest.MustNew(t, coretest.Accepting())
	r := coretest.Get()
	r.HostName = ""
	for name, timeout := range map[string]time.Duration{"no time": 0, "a time": time.Hour} {
		cfg := coretest.Accepting()
		cfg.CallbackTimeout = timeout
		cfg.Lookup = func(r core.Request) (core.Credential, error) {
			_, err := other.Verify(r)
			return core.Credential{Token: "token"}, err
		}
		auth := coretest.MustNew(t, cfg)
		if _, res, ok := auth.Require()(r); !ok {
			t.Errorf("%s, that a test made: got %d", name, res.Status)
		}
		if _, res, ok := auth.Require()(rawRequest{r, "X-A: b\r\n"}); ok || res.Status != 400 {
			t.Errorf("%s, HTTP/1.1 without Host: got %d, want 400", name, res.Status)
		}
	}
}

// old is a request of HTTP/1.0.
type old struct{ rawRequest }

func (old) Protocol() string { return "HTTP/1.0" }

// TestFieldsThatAServerHides: fasthttp keeps one Content-Type of two, so core
// counts the lines.
func TestFieldsThatAServerHides(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	const line = "Host: a\r\nContent-Type: application/json\r\n"
	for block, want := range map[string]int{
		line: 200, line + "Content-Type: application/json\r\n": 415, line + "content-type: text/plain\r\n": 415, line + "X-Content-Type: a\r\n": 200,
	} {
		if got := auth.Login(rawRequest{coretest.Post(coretest.JoesLogin), block}).Status; got != want {
			t.Errorf("%q: got %d, want %d", block, got, want)
		}
	}
}

type rawRequest struct {
	coretest.Stub
	block string
}

func (r rawRequest) RawHeaders() []byte { return []byte(r.block) }

func TestWithRealm(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	res := auth.WithRealm(`a "b" \c`).Reject(coretest.Get(), core.MissingToken)
	if got := res.Header.Get("Www-Authenticate"); got != `Bearer realm="a \"b\" \\c"` {
		t.Errorf("got %s", got)
	}
	if got := auth.Reject(coretest.Get(), core.MissingToken).Header.Get("Www-Authenticate"); got != `Bearer realm="api"` {
		t.Errorf("the first Auth changed: %s", got)
	}
	for _, realm := range []string{"", "é", "a\nb"} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "WithRealm") {
					t.Errorf("%q: got panic %q", realm, text)
				}
			}()
			auth.WithRealm(realm)
		}()
	}
}
