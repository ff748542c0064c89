package adaptertest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// deliver adds the ways in which tokens get to those who have logged in, each at a
// path of its own. All share their sessions with the application's others.
func (a *sessionApp) deliver() {
	for path, change := range map[string]func(*core.Config[*User]){
		"/choice": func(c *core.Config[*User]) { // by what the login says
			c.Sessions.Cookies.Delivery = func(c core.Credentials) sessions.Delivery {
				var in struct{ Deliver string }
				check(c.Decode(&in))
				return map[string]sessions.Delivery{"": sessions.InSessionCookies, "remember": sessions.InCookies, "body": sessions.InBody, "odd": 77}[in.Deliver]
			}
			c.AuthResponse = func(_ core.Request, _ *User, issued core.Issued) core.Response { // tells all that it is told
				return text(fmt.Sprintf("refresh %q", issued.RefreshToken))
			}
		},
		"/domain": func(c *core.Config[*User]) {
			c.Sessions.Cookies.Domain = "example.com"
			c.Sources = []core.Source{core.CookieSource{Name: "__Secure-access_token", DoubleSubmit: testKeys().secret}}
		},
		"/frame": func(c *core.Config[*User]) {
			c.Sessions.Cookies.SameSite, c.Sessions.Cookies.Partitioned = http.SameSiteNoneMode, true
			c.Sources = []core.Source{core.CookieSource{TrustedOrigins: []string{"https://app.example.com"}}}
		},
		"/dev": func(c *core.Config[*User]) {
			c.Sessions.Cookies.InsecureHTTP = true
		},
		"/form-csrf": func(c *core.Config[*User]) {
			c.Login.Form = true
			c.Sources = []core.Source{core.HeaderSource{}, core.CookieSource{DoubleSubmit: testKeys().secret, CSRFHeader: "X-XSRF-TOKEN", CSRFField: "csrf"}}
		},
		"/large": func(c *core.Config[*User]) {
			c.Headers = func(context.Context, *User, core.Payload) (map[string]any, error) {
				return map[string]any{"pad": strings.Repeat("x", 4000)}, nil
			}
		},
	} {
		c := a.Config
		c.Login.Path, c.Sessions.Cookies = path, &core.SessionCookies{}
		change(&c)
		auth := core.Must(c)
		a.Routes = append(a.Routes, Route{Path: path + "/me", Gates: []core.Gate{auth.Require()}, Handle: Show})
		a.Endpoints = append(a.Endpoints, auth.Routes()...)
	}
}

// deliveries is how each of these ways goes on each framework: what is set, what is
// taken, and how it ends.
func deliveries(t *testing.T, mounts []Mount) {
	var first string
	for i, m := range mounts {
		app := newSessionApp(t)
		s := server{m, m.Serve(t, app.App), app.App}
		var seen strings.Builder
		for _, life := range []func(*flow){(*flow).choices, (*flow).domain, (*flow).frame, (*flow).development, (*flow).forms, (*flow).leftovers, (*flow).tooLarge} {
			f := &flow{t: t, app: app, server: s, jar: map[string]string{}}
			life(f)
			seen.WriteString(f.seen.String())
		}
		if i == 0 {
			first = seen.String()
		} else if seen.String() != first {
			t.Errorf("%s: got\n%s\nwant, as %s:\n%s", m.Name, seen.String(), mounts[0].Name, first)
		}
	}
}

// sets checks which cookies an answer sets, with what and without their values.
func (f *flow) sets(a Answer, want ...string) {
	f.t.Helper()
	var got []string
	for _, line := range a.Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		_, rest, _ = strings.Cut(rest, "; ")
		got = append(got, name+"; "+rest)
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("%s: got the cookies\n%s\nwant\n%s", f.server.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// cookie is the field that a browser sends.
func (f *flow) cookie() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(f.jar)) {
		pairs = append(pairs, name+"="+f.jar[name])
	}
	return "Cookie: " + strings.Join(pairs, "; ")
}

func (f *flow) posts(want int, path string, fields ...string) Answer {
	f.t.Helper()
	return f.ask(want, do("POST", path, append(fields, "Content-Length: 0")...))
}

// choices: a session keeps the way that its login chose.
func (f *flow) choices() {
	login := func(deliver string) Answer {
		f.t.Helper()
		clear(f.jar)
		return f.ask(200, post("/choice", fmt.Sprintf(`{"username":"joe","password":"pass","Deliver":%q}`, deliver)))
	}
	refresh := func(want int, token string) Answer {
		f.t.Helper()
		return f.ask(want, post("/choice/refresh", fmt.Sprintf(`{"refresh_token":%q}`, token)))
	}
	session := []string{"__Host-access_token; Path=/; HttpOnly; Secure; SameSite=Lax", "__Host-refresh_token; Path=/; HttpOnly; Secure; SameSite=Strict"}
	lasting := []string{"__Host-access_token; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax", "__Host-refresh_token; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Strict"}
	for _, deliver := range []string{"", "remember"} {
		cookies := map[string][]string{"": session, "remember": lasting}[deliver]
		a := login(deliver)
		f.sets(a, cookies...)
		f.ask(200, get("/choice/me", f.cookie()))
		f.app.clock.Advance(time.Minute)
		stolen := f.jar["__Host-refresh_token"]
		f.sets(refresh(401, stolen)) // no cookie's token is answered in a body
		again := f.posts(200, "/choice/refresh", f.cookie(), fromUs)
		f.sets(again, cookies...)
		if a.Body != `refresh ""` || again.Body != a.Body {
			f.t.Errorf("%s: the answer is told %s, %s", f.server.Name, a.Body, again.Body)
		}
		f.posts(200, "/choice/refresh", "Cookie: __Host-refresh_token="+stolen, fromUs) // in the grace: the same way
		f.posts(204, "/choice/logout", f.cookie(), fromUs)
	}
	a := login("body")
	f.sets(a)
	_, quoted, _ := strings.Cut(a.Body, " ")
	token := strings.Trim(quoted, `"`)
	f.posts(401, "/choice/refresh", "Cookie: __Host-refresh_token="+token, fromUs) // and none of a body's in a cookie
	a = refresh(200, token)
	f.sets(a)
	_, quoted, _ = strings.Cut(a.Body, " ")
	f.ask(204, post("/choice/logout", fmt.Sprintf(`{"refresh_token":%s}`, quoted)))
	f.ask(500, post("/choice", `{"username":"joe","password":"pass","Deliver":"odd"}`))
	// An Auth without cookies, of the same sessions.
	login("")
	f.ask(401, post("/auth/refresh", fmt.Sprintf(`{"refresh_token":%q}`, f.jar["__Host-refresh_token"])))
	f.posts(200, "/choice/refresh", f.cookie(), fromUs)
}

// domain: the cookies are for all hosts of it.
func (f *flow) domain() {
	f.sets(f.ask(200, post("/domain", loginJoe)),
		"__Secure-access_token; Path=/; Domain=example.com; Max-Age=300; HttpOnly; Secure; SameSite=Lax",
		"__Secure-refresh_token; Path=/; Domain=example.com; Max-Age=604800; HttpOnly; Secure; SameSite=Strict",
		"__Secure-csrf_token; Path=/; Domain=example.com; Max-Age=604800; Secure; SameSite=Strict")
	value := f.jar["__Secure-csrf_token"]
	f.ask(200, get("/domain/me", f.cookie()))
	f.posts(403, "/domain/me", f.cookie(), fromUs)
	f.posts(200, "/domain/me", f.cookie(), "X-CSRF-Token: "+value)
	f.sets(f.posts(204, "/domain/logout", f.cookie(), "X-CSRF-Token: "+value),
		"__Secure-access_token; Path=/; Domain=example.com; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		"__Secure-refresh_token; Path=/; Domain=example.com; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
		"__Secure-csrf_token; Path=/; Domain=example.com; Max-Age=0; Secure; SameSite=Strict")
}

// frame: a page in a frame of another site.
func (f *flow) frame() {
	f.sets(f.ask(200, post("/frame", loginJoe)),
		"__Host-access_token; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=None; Partitioned",
		"__Host-refresh_token; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=None; Partitioned")
	f.posts(403, "/frame/me", f.cookie(), fromThem, "Origin: https://evil.example")
	f.posts(200, "/frame/me", f.cookie(), fromThem, "Origin: https://app.example.com")
	f.posts(403, "/frame/refresh", f.cookie(), fromThem, "Origin: https://evil.example")
	f.sets(f.posts(204, "/frame/logout", f.cookie(), fromUs),
		"__Host-access_token; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
		"__Host-refresh_token; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned")
}

// development: plain http, on this machine alone.
func (f *flow) development() {
	login := func(want int, host string) Answer {
		f.t.Helper()
		clear(f.jar)
		return f.ask(want, raw("POST /dev HTTP/1.1", "Host: "+host, "Content-Type: application/json", "Content-Length: "+itoa(len(loginJoe)))+loginJoe)
	}
	for _, host := range []string{"localhost", "localhost:8080", "LOCALHOST", "app.localhost:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"} {
		f.sets(login(200, host),
			"access_token; Path=/; Max-Age=300; HttpOnly; SameSite=Lax",
			"refresh_token; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict")
		me := func(want int, host string) {
			f.t.Helper()
			f.ask(want, raw("GET /dev/me HTTP/1.1", "Host: "+host, f.cookie()))
		}
		me(200, host)
		me(401, "example.com")
		f.ask(200, raw("POST /dev/refresh HTTP/1.1", "Host: "+host, f.cookie(), "Origin: http://"+host, "Content-Length: 0"))
		f.ask(403, raw("POST /dev/refresh HTTP/1.1", "Host: "+host, f.cookie(), "Origin: http://evil.example", "Content-Length: 0"))
		f.sets(f.ask(204, raw("POST /dev/logout HTTP/1.1", "Host: "+host, f.cookie(), fromUs, "Content-Length: 0")),
			"access_token; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
			"refresh_token; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
	}
	for _, host := range []string{"example.com", "localhost.example.com", "notlocalhost", "127.0.0.1.example.com", "10.0.0.1", "[::2]:8080", "192.168.1.5:8080", "0.0.0.0"} {
		f.sets(login(500, host))
	}
	f.sets(f.ask(500, raw("POST /dev HTTP/1.0", "Content-Type: application/json", "Content-Length: "+itoa(len(loginJoe)))+loginJoe))
	seen := f.server.app.recorder.event()
	if cause := fmt.Sprint(seen.Cause); !strings.Contains(cause, "InsecureHTTP") {
		f.t.Errorf("%s: the Observer hears %q", f.server.Name, cause)
	}
}

// forms: a page without scripts logs in, repeats the value in a hidden field, or in a
// header of another name.
func (f *flow) forms() {
	const form = "Content-Type: application/x-www-form-urlencoded"
	in := "username=joe&password=pass"
	f.sets(f.ask(403, post("/form-csrf", in, form)))
	f.sets(f.ask(403, post("/form-csrf", in, form, fromThem)))
	f.sets(f.ask(401, post("/form-csrf", "username=joe&password=x", form, fromUs)))
	f.ask(200, post("/form-csrf", in, form, fromUs))
	value := f.jar["__Host-csrf_token"]
	field := "csrf=" + url.QueryEscape(value)
	for _, tt := range []struct {
		want   int
		body   string
		fields []string
	}{
		{200, field, []string{form}},
		{200, "a=b&" + field + "&x=" + strings.Repeat("x", 32<<10), []string{form}},
		{403, "x=" + strings.Repeat("x", 32<<10) + "&" + field, []string{form}}, // too far behind
		{403, field + "&" + field, []string{form}},
		{403, "csrf=" + value[1:], []string{form}},
		{403, field, []string{"Content-Type: text/plain"}},
		{403, "", []string{form, "X-CSRF-Token: " + value}},
		{200, "", []string{form, "X-XSRF-TOKEN: " + value}},
		{403, field, []string{form, "X-XSRF-TOKEN: x"}}, // the header decides
		{403, field, []string{form, "X-XSRF-TOKEN:"}},
	} {
		f.ask(tt.want, post("/form-csrf/me", tt.body, append(tt.fields, f.cookie())...))
	}
	f.ask(403, post("/form-csrf/refresh", "a=b", form, f.cookie()))
	f.ask(200, post("/form-csrf/refresh", field, form, f.cookie()))
	f.ask(403, post("/form-csrf/logout", "a=b", form, f.cookie()))
	f.ask(204, post("/form-csrf/logout", field, form, f.cookie()))
}

// leftovers: a logout clears cookies that have come to be worth nothing.
func (f *flow) leftovers() {
	for _, path := range []string{"/web", "/form-csrf"} {
		f.ask(200, post(path, loginJoe))
		all := maps.Clone(f.jar)
		access := "__Host-access_token=" + all["__Host-access_token"]
		cleared := func(a Answer) {
			f.t.Helper()
			if n := len(a.Header["Set-Cookie"]); n != len(all) {
				f.t.Errorf("%s: %s: %d cookies are cleared, want %d", f.server.Name, path, n, len(all))
			}
		}
		f.posts(403, path+"/logout", "Cookie: "+access, fromThem)
		f.app.clock.Advance(6 * time.Minute) // the access token is over, the session is not
		f.posts(403, path+"/logout", "Cookie: "+access, fromThem)
		f.posts(403, path+"/logout", "Cookie: "+access)
		cleared(f.posts(204, path+"/logout", "Cookie: "+access, fromUs))
		cleared(f.posts(204, path+"/logout", "Cookie: __Host-access_token=x", fromUs))
		f.posts(403, path+"/logout", "Cookie: __Host-access_token=x", fromThem)
		cleared(f.posts(204, path+"/logout", "Cookie: __Host-refresh_token=x", fromUs))
		f.posts(401, path+"/logout", fromUs)
		f.posts(401, path+"/logout", "Cookie: theirs=1", fromUs)
		f.posts(401, path+"/logout", auth("x"), "Cookie: "+access, fromUs) // a header is final
	}
	f.posts(204, "/form-csrf/logout", "Cookie: __Host-csrf_token=x", fromUs)
	// What is good for something wants the value of its session.
	f.ask(200, post("/form-csrf", loginJoe))
	f.posts(403, "/form-csrf/logout", "Cookie: __Host-access_token="+f.jar["__Host-access_token"], fromUs)
	f.posts(403, "/form-csrf/logout", "Cookie: __Host-refresh_token="+f.jar["__Host-refresh_token"], fromUs)
}

// tooLarge: what no browser would keep is no login, and the Observer hears how large it
// would have been.
func (f *flow) tooLarge() {
	f.sets(f.ask(500, post("/large", loginJoe)))
	seen := f.server.app.recorder.event()
	if cause := fmt.Sprint(seen.Cause); !strings.Contains(cause, "__Host-access_token would have") || !strings.Contains(cause, "4096") {
		f.t.Errorf("%s: the Observer hears %q", f.server.Name, cause)
	}
}
