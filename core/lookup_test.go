package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// TestLookup is the table of where a token may be. want is the token found; a
// kind where there is none.
func TestLookup(t *testing.T) {
	header, cookie, query := core.HeaderSource{}, core.CookieSource{Name: "tok", InsecureName: true}, core.QuerySource{}
	jwt := core.HeaderSource{Scheme: "JWT"}
	bare := core.HeaderSource{Name: "x-token", Bare: true}
	custom := core.SourceFunc(func(r core.Request) (core.Credential, error) {
		return core.Credential{Token: strings.Join(r.Header("X-Custom"), "")}, nil
	})
	const auth = "Authorization"
	all := []core.Source{header, cookie, query, custom}
	for _, tt := range []struct {
		name    string
		sources []core.Source
		r       coretest.Stub
		want    string
		kind    core.Kind
	}{
		{"nothing", nil, coretest.Get(), "", core.MissingToken},
		{"bearer", nil, coretest.Get(auth, "Bearer t"), "t", 0},
		{"small letters (RFC 9110 section 11.1)", nil, coretest.Get(auth, "bearer t"), "t", 0},
		{"capitals", nil, coretest.Get(auth, "BEARER t"), "t", 0},
		{"several spaces", nil, coretest.Get(auth, "Bearer   t"), "t", 0},
		{"space around", nil, coretest.Get(auth, " \tBearer t \t"), "t", 0},
		{"another scheme", nil, coretest.Get(auth, "Basic eDp5"), "", core.MissingToken},
		{"longer scheme", nil, coretest.Get(auth, "BearerX t"), "", core.MissingToken},
		{"no space", nil, coretest.Get(auth, "Bearert"), "", core.MissingToken},
		{"empty field", nil, coretest.Get(auth, ""), "", core.MissingToken},
		{"only space", nil, coretest.Get(auth, "  "), "", core.MissingToken},
		{"scheme alone (RFC 6750 section 3.1)", nil, coretest.Get(auth, "Bearer"), "", core.BadRequest},
		{"scheme and space", nil, coretest.Get(auth, "Bearer "), "", core.BadRequest},
		{"two tokens", nil, coretest.Get(auth, "Bearer a b"), "", core.BadRequest},
		{"comma", nil, coretest.Get(auth, "Bearer a,b"), "", core.BadRequest},
		{"two credentials", nil, coretest.Get(auth, "Bearer a, Basic b"), "", core.BadRequest},
		{"tab for a space", nil, coretest.Get(auth, "Bearer\tt"), "", core.BadRequest},
		{"line feed", nil, coretest.Get(auth, "Bearer a\nb"), "", core.BadRequest},
		{"NUL", nil, coretest.Get(auth, "Bearer a\x00"), "", core.BadRequest},
		{"DEL", nil, coretest.Get(auth, "Bearer a\x7f"), "", core.BadRequest},
		{"two fields", nil, coretest.Get(auth, "Bearer a", auth, "Bearer a"), "", core.BadRequest},
		{"two fields, one of another scheme", nil, coretest.Get(auth, "Basic a", auth, "Bearer a"), "", core.BadRequest},
		{"own scheme", []core.Source{jwt}, coretest.Get(auth, "jwt t"), "t", 0},
		{"own scheme, Bearer sent", []core.Source{jwt}, coretest.Get(auth, "Bearer t"), "", core.MissingToken},
		{"bare", []core.Source{bare}, coretest.Get("X-Token", "t"), "t", 0},
		{"bare, with a scheme", []core.Source{bare}, coretest.Get("X-Token", "Bearer t"), "", core.BadRequest},
		{"bare, empty", []core.Source{bare}, coretest.Get("X-Token", ""), "", core.MissingToken},
		{"two header sources, the second", []core.Source{header, jwt}, coretest.Get(auth, "JWT t"), "t", 0},
		{"not asked for", []core.Source{header}, coretest.Call("GET", "access_token=t", "Cookie", "tok=t"), "", core.MissingToken},

		{"query", []core.Source{query}, coretest.Call("GET", "a=b&access_token=t&c"), "t", 0},
		{"query, escaped", []core.Source{query}, coretest.Call("GET", "%61ccess_token=a%2Eb"), "a.b", 0},
		{"query, own name", []core.Source{core.QuerySource{Name: "jwt"}}, coretest.Call("GET", "jwt=t"), "t", 0},
		{"query, none", []core.Source{query}, coretest.Call("GET", "access=t&Access_Token=t"), "", core.MissingToken},
		{"query, bad escape elsewhere", []core.Source{query}, coretest.Call("GET", "%zz=1&access_token=t"), "t", 0},
		{"query, semicolon", []core.Source{query}, coretest.Call("GET", "a=1;access_token=t"), "", core.MissingToken},
		{"query, empty", []core.Source{query}, coretest.Call("GET", "access_token="), "", core.BadRequest},
		{"query, no value", []core.Source{query}, coretest.Call("GET", "access_token"), "", core.BadRequest},
		{"query, twice", []core.Source{query}, coretest.Call("GET", "access_token=t&access_token=t"), "", core.BadRequest},
		{"query, twice, once escaped", []core.Source{query}, coretest.Call("GET", "access_token=t&access%5Ftoken=t"), "", core.BadRequest},
		{"query, bad escape", []core.Source{query}, coretest.Call("GET", "access_token=%zz"), "", core.BadRequest},
		{"query, space", []core.Source{query}, coretest.Call("GET", "access_token=a+b"), "", core.BadRequest},
		{"query, comma", []core.Source{query}, coretest.Call("GET", "access_token=a%2Cb"), "", core.BadRequest},
		{"query, control", []core.Source{query}, coretest.Call("GET", "access_token=a%0A"), "", core.BadRequest},

		{"cookie", []core.Source{cookie}, coretest.Get("Cookie", "a=b; tok=t; c=d"), "t", 0},
		{"cookie, no spaces", []core.Source{cookie}, coretest.Get("Cookie", "a=b;tok=t;c=d"), "t", 0},
		{"cookie, second line", []core.Source{cookie}, coretest.Get("Cookie", "a=b", "Cookie", "tok=t"), "t", 0},
		{"cookie, equals signs", []core.Source{cookie}, coretest.Get("Cookie", "tok=t=="), "t==", 0},
		{"cookie, default name", []core.Source{core.CookieSource{}}, coretest.Get("Cookie", "__Host-access_token=t"), "t", 0},
		{"cookie, another case", []core.Source{cookie}, coretest.Get("Cookie", "Tok=t"), "", core.MissingToken},
		{"cookie, no value", []core.Source{cookie}, coretest.Get("Cookie", "tok"), "", core.MissingToken},
		{"cookie, empty", []core.Source{cookie}, coretest.Get("Cookie", "tok="), "", core.MissingToken},
		{"cookie, twice", []core.Source{cookie}, coretest.Get("Cookie", "tok=t; tok=t"), "", core.BadRequest},
		{"cookie, twice, empty first", []core.Source{cookie}, coretest.Get("Cookie", "tok=; tok=t"), "", core.BadRequest},
		{"cookie, twice in two lines", []core.Source{cookie}, coretest.Get("Cookie", "tok=t", "Cookie", "tok=u"), "", core.BadRequest},
		{"cookie, control", []core.Source{cookie}, coretest.Get("Cookie", "tok=a\x01"), "", core.BadRequest},
		{"first cookie decides", []core.Source{cookie, core.CookieSource{Name: "b", InsecureName: true}}, coretest.Get("Cookie", "b=2; tok=1"), "1", 0},
		{"second cookie", []core.Source{cookie, core.CookieSource{Name: "b", InsecureName: true}}, coretest.Get("Cookie", "b=2"), "2", 0},

		{"custom", all, coretest.Get("X-Custom", "t"), "t", 0},
		{"custom, none", all, coretest.Get(), "", core.MissingToken},
		{"header and query (RFC 6750 section 2)", all, coretest.Call("GET", "access_token=t", auth, "Bearer t"), "", core.BadRequest},
		{"header and custom", all, coretest.Get(auth, "Bearer t", "X-Custom", "t"), "", core.BadRequest},
		{"header and cookie: the header", all, coretest.Get(auth, "Bearer h", "Cookie", "tok=c"), "h", 0},
		{"cookie source first: the header", []core.Source{cookie, header}, coretest.Get(auth, "Bearer h", "Cookie", "tok=c"), "h", 0},
		{"a bad header is final", all, coretest.Get(auth, "Bearer", "Cookie", "tok=c"), "", core.BadRequest},
		{"another scheme is no header", all, coretest.Get(auth, "Basic x", "Cookie", "tok=c"), "c", 0},
		{"query and cookie: the query", all, coretest.Call("GET", "access_token=q", "Cookie", "tok=c"), "q", 0},
		{"a bad query is final", all, coretest.Call("GET", "access_token=", "Cookie", "tok=c"), "", core.BadRequest},
	} {
		c, err := core.Lookup(tt.sources...)(tt.r)
		kind := core.Kind(0)
		if err != nil {
			var e *core.Error
			if kind, _ = err.(core.Kind); errors.As(err, &e) {
				kind = e.Kind
			}
		}
		if kind != tt.kind || err == nil && c.Token != tt.want {
			t.Errorf("%s: got %q, %v, want %q, %v", tt.name, c.Token, err, tt.want, tt.kind)
		}
		if err == nil && c.Source == nil {
			t.Errorf("%s: the source is not said", tt.name)
		}
	}
}

// TestSourcesByThemselves: Find takes the defaults without a Lookup around it.
func TestSourcesByThemselves(t *testing.T) {
	r := coretest.Call("GET", "access_token=q", "Authorization", "bearer h", "Cookie", "__Host-access_token=c")
	for want, source := range map[string]core.Source{"h": core.HeaderSource{}, "q": core.QuerySource{}, "c": core.CookieSource{}} {
		if c, err := source.Find(r); c.Token != want || err != nil {
			t.Errorf("%T: got %q, %v, want %q", source, c.Token, err, want)
		}
	}
	c, err := core.HeaderSource{}.Find(r)
	if c.Scheme != "Bearer" || err != nil {
		t.Errorf("got scheme %q, want Bearer", c.Scheme)
	}
	if _, err := core.SourceFunc(func(core.Request) (core.Credential, error) { return core.Credential{}, coretest.ErrDatabase }).Find(r); err != coretest.ErrDatabase {
		t.Errorf("Custom: got %v, want its own error", err)
	}
}

// TestCustomSaysItsSource: a source that fills in Source is believed.
func TestCustomSaysItsSource(t *testing.T) {
	own := core.SourceFunc(func(core.Request) (core.Credential, error) {
		return core.Credential{Token: "t", Source: core.QuerySource{}}, nil
	})
	c, err := core.Lookup(own)(coretest.Get())
	if _, ok := c.Source.(core.QuerySource); !ok || err != nil {
		t.Errorf("got %T, %v, want core.QuerySource", c.Source, err)
	}
}

// TestNoHostIsNoProof: a request that names no host has no origin of its own, whatever
// it says of where it comes from.
func TestNoHostIsNoProof(t *testing.T) {
	for _, host := range []string{"", ":", ":443", ":8080"} {
		for _, scheme := range []string{"http", "https"} {
			for _, origin := range []string{"", "null", "http://", "https://", "://", "http", scheme + "://" + host, scheme + "://" + host + "/", "http://localhost", "file://"} {
				r := coretest.Call("POST", "", "Origin", origin, "Cookie", "__Host-access_token=t")
				r.HostName, r.SchemeName = host, scheme
				for _, trusted := range [][]string{nil, {"https://app.example.com"}} {
					if _, err := core.Lookup(core.CookieSource{TrustedOrigins: trusted})(r); !errors.Is(err, core.CSRF) {
						t.Errorf("Host %q, %s, Origin %q: got %v, want CSRF", host, scheme, origin, err)
					}
				}
			}
		}
	}
}

// TestCSRF: a cookie on an unsafe method needs proof of where it comes from.
func TestCSRF(t *testing.T) {
	const host = "https://api.example.com"
	trusted := []string{"https://app.example.com"}
	for _, tt := range []struct {
		name   string
		method string
		fields []string
		want   bool
	}{
		{"GET", "GET", nil, true},
		{"HEAD", "HEAD", nil, true},
		{"OPTIONS", "OPTIONS", nil, true},
		{"TRACE", "TRACE", nil, false},
		{"unknown method", "BREW", nil, false},
		{"small letters", "get", nil, false},
		{"GET from elsewhere", "GET", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"no proof", "POST", nil, false},
		{"same origin", "POST", []string{"Sec-Fetch-Site", "same-origin"}, true},
		{"typed by the user", "DELETE", []string{"Sec-Fetch-Site", "none"}, true},
		{"same site", "POST", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"cross site", "POST", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"unknown site", "POST", []string{"Sec-Fetch-Site", "Same-Origin"}, false},
		{"empty site", "POST", []string{"Sec-Fetch-Site", ""}, false},
		{"two sites", "POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "same-origin"}, false},
		{"cross site beats Origin", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", host}, false},
		{"Origin", "PUT", []string{"Origin", host}, true},
		{"Origin, another case", "PUT", []string{"Origin", "HTTPS://API.example.com"}, true},
		{"Origin of another scheme", "PUT", []string{"Origin", "http://api.example.com"}, false},
		{"Origin of another port", "PUT", []string{"Origin", host + ":8443"}, false},
		{"Origin of another host", "PUT", []string{"Origin", "https://evil.example"}, false},
		{"Origin that begins like ours", "PUT", []string{"Origin", host + ".evil.example"}, false},
		{"null", "PUT", []string{"Origin", "null"}, false},
		{"two Origins", "PUT", []string{"Origin", host, "Origin", host}, false},
		{"two Origins from the same origin", "PUT", []string{"Origin", host, "Origin", host, "Sec-Fetch-Site", "same-origin"}, false},
		{"trusted", "PATCH", []string{"Origin", trusted[0]}, true},
		{"trusted, though cross site", "PATCH", []string{"Origin", trusted[0], "Sec-Fetch-Site", "cross-site"}, true},
		{"two Origins, one trusted", "PATCH", []string{"Origin", trusted[0], "Origin", trusted[0]}, false},
		{"Referer is no proof", "POST", []string{"Referer", host + "/form"}, false},
		{"a forwarded scheme is no proof", "POST", []string{"Origin", "http://api.example.com", "X-Forwarded-Proto", "http"}, false},
	} {
		r := coretest.Call(tt.method, "", append(tt.fields, "Cookie", "__Host-access_token=t")...)
		_, err := core.Lookup(core.CookieSource{TrustedOrigins: trusted})(r)
		if want := error(core.CSRF); tt.want == (err != nil) || err != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %v, want ok %v", tt.name, err, tt.want)
		}
		if _, err := core.Lookup(core.CookieSource{InsecureNoCSRF: true})(r); err != nil {
			t.Errorf("%s, InsecureNoCSRF: got %v", tt.name, err)
		}
	}
	// Where the site is declared, plain HTTP is another one; over TLS the connection knows.
	for _, tt := range []struct {
		scheme, host, origin, trusted string
		want                          bool
	}{
		{"http", "a.example", "http://a.example", "https://b.example", true},
		{"http", "a.example", "http://a.example", "https://a.example", false},
		{"http", "a.example", "http://a.example", "https://A.example", false},
		{"http", "a.example:8080", "http://a.example:8080", "https://a.example", false},
		{"http", "[::1]:8080", "http://[::1]:8080", "https://[::1]", false},
		{"http", "[::1]", "http://[::1]", "https://[::2]", true},
		{"http", "a.example", "http://a.example", "http://a.example", true},
		{"http", "localhost:8080", "http://localhost:8080", "http://localhost:5173", true},
		{"https", "a.example", "https://a.example", "http://a.example", true},
		{"https", "a.example", "https://a.example", "https://a.example:8443", true},
		{"https", "a.example", "http://a.example", "https://a.example", false},
		{"http", "", "http://", "https://a.example", false},
	} {
		r := coretest.Call("POST", "", "Origin", tt.origin, "Cookie", "__Host-access_token=t")
		r.SchemeName, r.HostName = tt.scheme, tt.host
		if _, err := core.Lookup(core.CookieSource{TrustedOrigins: []string{tt.trusted}})(r); (err == nil) != tt.want {
			t.Errorf("%+v: got %v", tt, err)
		}
	}
	// Without the cookie there is nothing to forge.
	if _, err := core.Lookup(core.CookieSource{})(coretest.Call("POST", "")); !errors.Is(err, core.MissingToken) {
		t.Errorf("no cookie: got %v, want Missing", err)
	}
	// A token that is in a header too was put there on purpose.
	r := coretest.Call("POST", "", "Cookie", "__Host-access_token=t", "Authorization", "Bearer t")
	if _, err := core.Lookup(core.HeaderSource{}, core.CookieSource{})(r); err != nil {
		t.Errorf("cookie and header: got %v", err)
	}
}

// FuzzLookup: no header, query or cookie makes it panic, and what it finds has
// no space, comma or control character, whatever the source.
func FuzzLookup(f *testing.F) {
	for _, seed := range [][3]string{
		{"Bearer t", "access_token=t", "tok=t"}, {"Bearer", "access_token=", "tok"}, {"bearer a b", "access_token=a+b", "tok=; tok=t"},
		{"\tBearer\tt\x00", "%61ccess_token=%zz&access_token=%00", "a;=;tok==;tok"}, {"Bearer a,b", "access_token=a%2Cb", "tok=\"t\""},
		{"Basic eDp5", "&&=&", ";;;"}, {"é", "%", "tok=\x7f"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	sources := []core.Source{core.HeaderSource{}, core.HeaderSource{Name: "Authorization", Bare: true}, core.QuerySource{}, core.CookieSource{Name: "tok", InsecureName: true}}
	f.Fuzz(func(t *testing.T, header, query, cookie string) {
		r := coretest.Call("GET", query, "Authorization", header, "Cookie", cookie)
		for _, s := range append(sources, core.SourceFunc(core.Lookup(sources[0], sources[2], sources[3]))) {
			c, err := s.Find(r)
			_, isCookie := s.(core.CookieSource)
			_, isCustom := s.(core.SourceFunc)
			switch {
			case err != nil && (c.Token != "" || !errors.Is(err, core.MissingToken) && !errors.Is(err, core.BadRequest)):
				t.Errorf("%T: got %q and %v", s, c.Token, err)
			case err != nil:
			case c.Token == "":
				t.Errorf("%T: an empty token is no credential", s)
			case strings.ContainsFunc(c.Token, func(r rune) bool { return r < ' ' || r == 0x7f }):
				t.Errorf("%T: %q has a control character", s, c.Token)
			case !isCookie && !isCustom && strings.ContainsAny(c.Token, " ,"):
				t.Errorf("%T: %q has a space or a comma", s, c.Token)
			}
		}
	})
}
