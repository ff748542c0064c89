package core_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

func TestSetHeaders(t *testing.T) {
	res := core.Response{Header: http.Header{
		"Vary": {"Cookie"}, "Set-Cookie": {"a=1", "b=2"}, "Www-Authenticate": {"Bearer"}, "Link": {"<x>"}, "Cache-Control": {"private"},
		"Etag": {}, // says nothing
	}}
	h := http.Header{"Vary": {"Accept"}, "Set-Cookie": {"z=0"}, "Cache-Control": {"public", "max-age=60"}, "Etag": {"x"}}
	res.SetHeaders(h)
	want := http.Header{
		"Vary": {"Accept", "Cookie"}, "Set-Cookie": {"z=0", "a=1", "b=2"}, "Www-Authenticate": {"Bearer"}, "Link": {"<x>"},
		"Cache-Control": {"private"}, "Etag": {"x"},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("got %v, want %v", h, want)
	}
	for _, values := range h {
		values[len(values)-1] = "changed"
	}
	if res.Header.Get("Cache-Control") != "private" || res.Header["Set-Cookie"][1] != "b=2" || res.Header.Get("Link") != "<x>" {
		t.Errorf("a later handler changed the Response: %v", res.Header)
	}
	each := map[string]bool{}
	res.EachHeader(
		func(name, value string) { each[name+": "+value] = false },
		func(name, value string) { each[name+": "+value] = true })
	if want := map[string]bool{
		"Vary: Cookie": true, "Set-Cookie: a=1": true, "Set-Cookie: b=2": true, "Www-Authenticate: Bearer": true, "Link: <x>": true, "Cache-Control: private": false,
	}; !reflect.DeepEqual(each, want) {
		t.Errorf("EachHeader: got %v, want %v", each, want)
	}
}

// TestHeaderOfPrepared: who puts another map in the place of a prepared answer's
// gets what is in that.
func TestHeaderOfPrepared(t *testing.T) {
	_, prepared, _ := core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret()}).Require()(coretest.Get())
	if len(prepared.Header) != 2 {
		t.Fatalf("the answer to no token has %v; the test needs two", prepared.Header)
	}
	for _, want := range []http.Header{
		prepared.Header,
		{"Content-Type": {"text/plain"}, "X-One": {"1"}},
		{"Content-Type": {"text/plain"}, "Www-Authenticate": {"Bearer"}, "Link": {"<x>"}, "Set-Cookie": {"a=1", "b=2"}},
		{"Www-Authenticate": {"Bearer"}},
		{"X-One": {"1"}, "X-Two": {"2", "3"}, "X-Three": {}},
		nil,
	} {
		res := prepared
		res.Header = want
		set, each := http.Header{}, http.Header{}
		res.SetHeaders(set)
		res.EachHeader(each.Set, each.Add)
		want = want.Clone()
		delete(want, "X-Three") // has no values
		if len(want)+len(set) > 0 && !reflect.DeepEqual(set, want) {
			t.Errorf("SetHeaders: got %v, want %v", set, want)
		}
		if len(want)+len(each) > 0 && !reflect.DeepEqual(each, want) {
			t.Errorf("EachHeader: got %v, want %v", each, want)
		}
	}
}

func TestJSON(t *testing.T) {
	res, err := core.JSONResponse(201, map[string]int{"a": 1})
	if err != nil || res.Status != 201 || string(res.Body) != "{\"a\":1}\n" || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v, %v", res, err)
	}
	if _, err := core.JSONResponse(200, func() {}); err == nil {
		t.Error("a function became JSON")
	}
}

func TestFromHTTP(t *testing.T) {
	r := httptest.NewRequest("PUT", "https://api.example.com/a%2Fb?q=1&q=2", strings.NewReader("body"))
	r.Header["X-A"] = []string{"1", "2"}
	r.RemoteAddr = "192.0.2.7:80"
	got := core.FromHTTP(r)
	var body bytes.Buffer
	body.ReadFrom(got.Body())
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"context", got.Context(), r.Context()},
		{"method", got.Method(), "PUT"},
		{"scheme", got.Scheme(), "https"},
		{"host", got.Host(), "api.example.com"},
		{"path", got.Path(), "/a%2Fb"},
		{"query", got.RawQuery(), "q=1&q=2"},
		{"peer", got.RemoteAddr(), "192.0.2.7:80"},
		{"header", strings.Join(got.Header("X-A"), ","), "1,2"},
		{"no header", len(got.Header("X-B")), 0},
		{"body", body.String(), "body"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	r = httptest.NewRequest("GET", "http://a/", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Body = nil
	if got := core.FromHTTP(r); got.Scheme() != "http" || got.Body() != http.NoBody {
		t.Errorf("got %s and body %v, want http and none", got.Scheme(), got.Body())
	}
}

func TestReject(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"kind", core.Forbidden, 403},
		{"error", &core.Error{Kind: core.TooManyRequests}, 429},
		{"infrastructure", coretest.ErrDatabase, 500},
		{"none", nil, 500},
	} {
		if got := auth.Reject(coretest.Get(), tt.err).Status; got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestOnError(t *testing.T) {
	for _, tt := range []struct {
		name    string
		onError core.ErrorHandler
		status  int
		body    string
	}{
		{"default, changed", func(_ core.Request, e *core.Error) core.Response {
			res := e.Response()
			res.Header.Set("X-A", "b")
			return res
		}, 403, `"error":"forbidden"`},
		{"own", func(core.Request, *core.Error) core.Response {
			return core.Response{Status: 418, Body: []byte("tea")}
		}, 418, "tea"},
		{"no status", func(core.Request, *core.Error) core.Response { return core.Response{Body: []byte("tea")} }, 403, "tea"},
		{"nothing", func(core.Request, *core.Error) core.Response { return core.Response{} }, 403, ""},
		{"panic", func(core.Request, *core.Error) core.Response { panic("secret") }, 500, `"error":"server_error"`},
		{"panic of a kind", func(core.Request, *core.Error) core.Response { panic(core.MissingToken) }, 500, `"error":"server_error"`},
	} {
		var seen jwttest.Recorder
		var got *core.Error
		cfg := coretest.Accepting()
		cfg.Realm, cfg.Observer = "here", &seen
		cfg.OnError = func(r core.Request, e *core.Error) core.Response { got = e; return tt.onError(r, e) }
		auth := coretest.MustNew(t, cfg)
		guard := saying(&core.Error{Kind: core.Forbidden, Cause: coretest.ErrDatabase})
		_, res, ok := auth.Require(guard)(coretest.Get())
		if ok || res.Status != tt.status || !strings.Contains(string(res.Body), tt.body) {
			t.Errorf("%s: got %d %s, want %d %s", tt.name, res.Status, res.Body, tt.status, tt.body)
		}
		if got == nil || got.Kind != core.Forbidden || !errors.Is(got, coretest.ErrDatabase) {
			t.Errorf("%s: OnError got %v, want the kind and the cause", tt.name, got)
		}
		coretest.Lacks(t, tt.name, res.Body, "secret", "database")
		if e := seen.Events(); tt.status == 500 && (len(e) != 2 || e[0].Kind != core.Forbidden || e[0].Status != 500 || e[1].Kind != core.Internal || len(e[1].Stack) == 0) {
			t.Errorf("%s: got %d events %v, want the refusal, as it was answered, and the panic", tt.name, len(e), e)
		}
	}
}

// TestRefusal: every no says as a value what it is, and no yes does, whoever made
// the answer. The cause is not in it.
func TestRefusal(t *testing.T) {
	replaced := func(core.Request, *core.Error) core.Response {
		return core.Response{Status: 302, Refusal: &core.Refusal{Kind: core.MissingToken, Text: "own"}}
	}
	for name, onError := range map[string]core.ErrorHandler{
		"prepared": nil, "made": func(_ core.Request, e *core.Error) core.Response { return e.Response() }, "replaced": replaced,
	} {
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.OnError = onError })
		gate := func(g core.Guard) core.Response {
			cfg := coretest.Accepting()
			cfg.OnError = onError
			_, res, _ := coretest.MustNew(t, cfg).Require(g)(coretest.Get())
			return res
		}
		scoped := core.Refusal{Kind: core.InsufficientScope, Code: "insufficient_scope", Text: "The access token lacks a scope this request needs", Scopes: []string{"a", "b"}}
		bad := core.Refusal{Code: "invalid_token", Text: "The access token is expired, revoked, malformed or invalid for other reasons"}
		expired := bad
		expired.Kind = core.Expired
		missing := core.Refusal{Kind: core.MissingToken, Code: "missing_token", Text: "The request contains no access token"}
		internal := core.Refusal{Kind: core.Internal, Code: "server_error", Text: "The server failed to answer the request"}
		method := core.Refusal{Kind: core.MethodNotAllowed, Code: "method_not_allowed", Text: "This endpoint does not answer this method"}
		wait := core.Refusal{Kind: core.TooManyRequests, Code: "too_many_requests", Text: "Too many attempts", RetryAfter: time.Minute}
		_, none, _ := h.Require()(coretest.Get())
		_, elsewhere, _ := h.WithRealm("elsewhere").Optional()(coretest.Get("Authorization", "Bearer a.b.c"))
		malformed := bad
		malformed.Kind = core.Malformed
		for _, tt := range []struct {
			name string
			got  core.Response
			want core.Refusal
		}{
			{"a gate", none, missing},
			{"a gate in another realm", elsewhere, malformed},
			{"a guard", gate(core.Scopes("a", "b")), scoped},
			{"a guard's cause", gate(saying(&core.Error{Kind: core.TooManyRequests, Cause: coretest.ErrDatabase, RetryAfter: time.Minute})), wait},
			{"a guard's defect", gate(saying(coretest.ErrDatabase)), internal},
			{"a guard's panic", gate(asks(func() error { panic("x") })), internal},
			{"Reject", h.Reject(coretest.Get(), core.Expired), expired},
			{"Reject of no kind", h.Reject(coretest.Get(), core.Kind(200)), internal},
			{"the login", h.Login(coretest.Get()), method},
			{"refresh", h.Refresh(coretest.Get()), method},
			{"logout", h.LogoutAll(request("POST", "", "")), missing},
			{"Admit", h.Admit(coretest.Get(), core.Moment{}, nil), core.Refusal{Kind: core.BadCredentials, Code: "invalid_credentials", Text: "The credentials are not valid"}},
		} {
			if tt.got.Refusal == nil || !reflect.DeepEqual(*tt.got.Refusal, tt.want) {
				t.Errorf("%s, %s: got %+v, want %+v", name, tt.name, tt.got.Refusal, tt.want)
			}
		}
		_, pass, ok := h.Optional()(coretest.Get())
		for name, res := range map[string]core.Response{"a gate": pass, "a login": h.Login(coretest.Post(coretest.JoesLogin))} {
			if res.Refusal != nil || !ok {
				t.Errorf("a yes of %s: got %+v", name, res.Refusal)
			}
		}
		if res := h.Login(coretest.Post(coretest.JoesLogin)); res.Status != 200 {
			t.Errorf("the login: got %d", res.Status)
		}
	}
}

// TestRefusalOfAPanic in OnError is that of the answer, a 500.
func TestRefusalOfAPanic(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.OnError = func(core.Request, *core.Error) core.Response { panic("x") }
	if res := coretest.MustNew(t, cfg).Reject(coretest.Get(), core.Forbidden); res.Refusal == nil || res.Refusal.Kind != core.Internal {
		t.Errorf("got %+v", res.Refusal)
	}
}

// TestOnErrorSeesTheRealm: the challenge it finds in Response is the Auth's.
func TestOnErrorSeesTheRealm(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Realm, cfg.Scheme = "here", "JWT"
	var challenge string
	cfg.OnError = func(_ core.Request, e *core.Error) core.Response { challenge = e.Challenge(); return e.Response() }
	coretest.MustNew(t, cfg).Reject(coretest.Get(), core.MissingToken)
	if challenge != `JWT realm="here"` {
		t.Errorf("got %s", challenge)
	}
}

// TestPreparedAnswersDoNotChange: whatever a handler, an OnError or a caller of
// Reject does to what it got, the next request's answer is the same.
func TestPreparedAnswersDoNotChange(t *testing.T) {
	vandal := func(e *core.Error) {
		for _, list := range [][]string{e.Methods, e.Scopes, e.ACR} {
			for i := range list {
				list[i] = "changed"
			}
		}
		e.Kind, e.Scopes, e.Methods, e.Claim = core.MissingToken, nil, nil, "changed"
	}
	cfg := coretest.Accepting()
	cfg.Sources, cfg.Lookup = []core.Source{core.CookieSource{}, core.QuerySource{}}, nil
	cfg.OnError = func(_ core.Request, e *core.Error) core.Response {
		res := e.Response()
		vandal(e)
		return res
	}
	plain := cfg
	plain.OnError = nil
	stepUp := &core.Error{Kind: core.StepUp, ACR: []string{"urn:a"}}
	for name, cfg := range map[string]core.Config[*coretest.User]{"OnError": cfg, "default": plain} {
		auth := coretest.MustNew(t, cfg)
		cookie := []string{"Cookie", "__Host-access_token=a.b.c"}
		acts := map[string]func() *httptest.ResponseRecorder{
			"missing": func() *httptest.ResponseRecorder {
				return coretest.Serve[*coretest.User](auth.Require(), coretest.Get())
			},
			"scope": func() *httptest.ResponseRecorder {
				return coretest.Serve[*coretest.User](auth.Require(core.Scopes("a", "b")), coretest.Get(cookie...))
			},
			"step up":  func() *httptest.ResponseRecorder { return written(auth.Reject(coretest.Get(), stepUp)) },
			"internal": func() *httptest.ResponseRecorder { return written(auth.Reject(coretest.Get(), coretest.ErrDatabase)) },
			"method":   func() *httptest.ResponseRecorder { return written(auth.Login(coretest.Call("PUT", ""))) },
			"query": func() *httptest.ResponseRecorder {
				return coretest.Serve[*coretest.User](auth.Optional(), coretest.Call("GET", "access_token=x"))
			},
			"anonymous": func() *httptest.ResponseRecorder {
				return coretest.Serve[*coretest.User](auth.Optional(), coretest.Get())
			},
			"identified": func() *httptest.ResponseRecorder {
				return coretest.Serve[*coretest.User](auth.Require(), coretest.Get(cookie...))
			},
		}
		for act, do := range acts {
			first := do()
			want, wantHeader := first.Body.String(), first.Header().Clone()
			for name, values := range first.Header() {
				values[0] = "changed"
				first.Header()[name] = append(values, "changed")
			}
			second := do()
			if second.Body.String() != want || !reflect.DeepEqual(second.Header(), wantHeader) {
				t.Errorf("%s, %s: got %v, then %v", name, act, wantHeader, second.Header())
			}
		}
	}
	if stepUp.Kind != core.StepUp || stepUp.ACR[0] != "urn:a" {
		t.Errorf("the step's own error was changed: %v %v", stepUp, stepUp.ACR)
	}
}

func written(res core.Response) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	res.SetHeaders(w.Header())
	w.WriteHeader(res.Status)
	w.Write(res.Body)
	return w
}

// TestCaching: what caches must know of answers to tokens in cookies and queries
// (RFC 9110 section 12.5.5, RFC 6750 section 2.3).
func TestCaching(t *testing.T) {
	header, cookie, query := core.HeaderSource{}, core.CookieSource{}, core.QuerySource{}
	token := coretest.Minted(t, core.Payload{"sub": "joe"})
	inHeader, inCookie, inQuery := coretest.Bearer(token), coretest.Get("Cookie", "__Host-access_token="+token), coretest.Call("GET", "access_token="+token)
	for _, tt := range []struct {
		name           string
		sources        []core.Source
		optional       bool
		r              coretest.Stub
		status         int
		vary, cacheCtl string
	}{
		{"header", []core.Source{header}, false, inHeader, 200, "", ""},
		{"header, refused", []core.Source{header}, false, coretest.Get(), 401, "", ""},
		{"header, optional", []core.Source{header}, true, inHeader, 200, "Authorization", ""},
		{"header, anonymous", nil, true, coretest.Get(), 200, "Authorization", ""},
		{"another field", []core.Source{core.HeaderSource{Name: "x-token", Bare: true}}, true, coretest.Get(), 200, "X-Token", ""},
		{"cookie", []core.Source{cookie}, false, inCookie, 200, "Cookie", ""},
		{"cookie, refused", []core.Source{cookie}, false, coretest.Get(), 401, "Cookie", ""},
		{"both, optional", []core.Source{header, cookie}, true, inCookie, 200, "Authorization, Cookie", ""},
		{"query", []core.Source{query}, false, inQuery, 200, "", "private"},
		{"query, none", []core.Source{query}, false, coretest.Get(), 401, "", ""},
		{"query, refused", []core.Source{query}, false, coretest.Call("GET", "access_token="+token+"A"), 401, "", "private"},
		{"query, badly presented", []core.Source{query}, false, coretest.Call("GET", "access_token="), 400, "", "private"},
		{"query and cookie", []core.Source{query, cookie}, false, inQuery, 200, "Cookie", "private"},
	} {
		auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: coretest.Stopped, Sources: tt.sources})
		gate := auth.Require()
		if tt.optional {
			gate = auth.Optional()
		}
		w := coretest.Serve[string](gate, tt.r)
		if w.Code != tt.status || w.Header().Get("Vary") != tt.vary || w.Header().Get("Cache-Control") != tt.cacheCtl {
			t.Errorf("%s: got %d %q %q, want %d %q %q", tt.name, w.Code, w.Header().Get("Vary"), w.Header().Get("Cache-Control"), tt.status, tt.vary, tt.cacheCtl)
		}
	}
}

// TestSecondGateKeepsQueryPrivate: a gate behind the one that took the token out of
// the query refuses, and its answer is about that token too.
func TestSecondGateKeepsQueryPrivate(t *testing.T) {
	token := coretest.Minted(t, core.Payload{"sub": "joe"})
	for name, r := range map[string]coretest.Stub{"query": coretest.Call("GET", "access_token="+token), "header": coretest.Bearer(token)} {
		auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: coretest.Stopped, Sources: []core.Source{core.HeaderSource{}, core.QuerySource{}}})
		ctx, _, ok := auth.Require()(r)
		if !ok {
			t.Fatalf("%s: the first gate refuses", name)
		}
		w := coretest.Serve[string](auth.Require(core.Scopes("admin")), r.With(ctx))
		want := map[string]string{"query": "private"}[name]
		if got := w.Header().Get("Cache-Control"); w.Code != 403 || got != want {
			t.Errorf("%s: got %d, Cache-Control %q, want 403, %q", name, w.Code, got, want)
		}
	}
}

// TestOnErrorMayPrepareItsAnswer: what it returns again and again does not grow.
func TestOnErrorMayPrepareItsAnswer(t *testing.T) {
	prepared := core.Response{Status: 401, Header: http.Header{"Vary": {"Accept"}}}
	cfg := core.Config[string]{Keys: jwttest.Secret(), Sources: []core.Source{core.CookieSource{}, core.QuerySource{}}}
	cfg.OnError = func(core.Request, *core.Error) core.Response { return prepared }
	auth := coretest.MustNew(t, cfg)
	for range 2 {
		_, res, _ := auth.Require()(coretest.Call("GET", "access_token=x"))
		if got := res.Header.Values("Vary"); !slices.Equal(got, []string{"Accept", "Cookie"}) {
			t.Errorf("Vary is %q", got)
		}
	}
	if len(prepared.Header) != 1 || len(prepared.Header["Vary"]) != 1 {
		t.Errorf("the prepared answer became %v", prepared.Header)
	}
}

// TestOnErrorKeepsItsCacheControl: a query-borne token's private is a default.
func TestOnErrorKeepsItsCacheControl(t *testing.T) {
	cfg := core.Config[string]{Keys: jwttest.Secret(), Sources: []core.Source{core.QuerySource{}}}
	for _, tt := range []struct {
		header http.Header
		want   string
	}{{nil, "private"}, {http.Header{"Cache-Control": {"no-store"}}, "no-store"}} {
		cfg.OnError = func(core.Request, *core.Error) core.Response { return core.Response{Header: tt.header} }
		_, res, _ := coretest.MustNew(t, cfg).Require()(coretest.Call("GET", "access_token=x"))
		if got := res.Header.Get("Cache-Control"); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
