package adaptertest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sessionFlow is the life of sessions on each framework. What it sees is the
// same on all, but for the tokens themselves.
func sessionFlow(t *testing.T, mounts []Mount) {
	var first string
	for i, m := range mounts {
		app := newSessionApp(t)
		s := server{m, m.Serve(t, app.App), app.App}
		f := &flow{t: t, app: app, server: s, jar: map[string]string{}}
		f.bodies()
		f.cookies()
		f.graces()
		f.endings()
		seen := f.seen.String()
		if i == 0 {
			first = seen
			t.Log(seen)
		} else if seen != first {
			t.Errorf("%s: got\n%s\nwant, as %s:\n%s", m.Name, seen, mounts[0].Name, first)
		}
	}
}

type flow struct {
	t      *testing.T
	app    *sessionApp
	server server
	seen   strings.Builder
	jar    map[string]string
}

// secrets are what no two runs have in common.
var secrets = regexp.MustCompile(`eyJ[\w.-]+|[\w-]{64}|csrf_token=[\w-]{43}|"id\\?":\\?"[\w-]{22}`)

// ask sends a request and writes down the answer.
func (f *flow) ask(want int, raw string) Answer {
	f.t.Helper()
	w := dial(f.t, f.server.addr)
	w.send(raw)
	a, _, err := w.read(false)
	if err != nil || a.Status != want {
		f.t.Errorf("%s: %.60q: got %d %s, %v, want %d", f.server.Name, raw, a.Status, a.Body, err, want)
	}
	for _, line := range a.Header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		check(err)
		if c.MaxAge < 0 {
			delete(f.jar, c.Name)
		} else {
			f.jar[c.Name] = c.Value
		}
	}
	f.seen.WriteString(secrets.ReplaceAllString(a.text(), "…") + "\n")
	return a
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (f *flow) tokens(raw string) (got tokens) {
	f.t.Helper()
	a := f.ask(200, raw)
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || got.Access == "" || got.Refresh == "" {
		f.t.Fatalf("%s: got %s", f.server.Name, a.Body)
	}
	return got
}

func (f *flow) bodies() {
	refresh := func(path, token string) string {
		return post(path, fmt.Sprintf(`{"refresh_token":%q}`, token))
	}
	login := func(agent string) string {
		return post("/auth", loginJoe, "Content-Type: application/json", "User-Agent: "+agent)
	}
	one := f.tokens(login("phone"))
	f.app.clock.Advance(time.Second) // the list is in the order of logins
	two := f.tokens(login("desk"))
	f.ask(200, at("/me", one.Access))
	f.app.clock.Advance(time.Minute)
	next := f.tokens(refresh("/auth/refresh", one.Refresh))
	if again := f.tokens(refresh("/auth/refresh", one.Refresh)); again != next {
		f.t.Errorf("%s: the loser of a race got other tokens", f.server.Name)
	}
	f.ask(200, at("/me", next.Access)) // of the role that Renew gave
	f.ask(200, get("/auth/sessions", auth(next.Access)))
	f.app.clock.Advance(time.Minute)
	f.ask(401, refresh("/auth/refresh", one.Refresh)) // used twice
	f.ask(401, refresh("/auth/refresh", next.Refresh))
	f.ask(401, at("/me", next.Access))
	f.ask(200, at("/me", two.Access))

	three := f.tokens(login("tablet"))
	f.app.clock.Advance(time.Second)
	four := f.tokens(login("fridge"))
	var list struct{ Sessions []struct{ ID, Label string } }
	a := f.ask(200, get("/auth/sessions", auth(three.Access)))
	check(json.Unmarshal([]byte(a.Body), &list))
	for _, s := range list.Sessions {
		if s.Label == "fridge" {
			f.ask(204, do("DELETE", "/auth/sessions?id="+s.ID, auth(three.Access)))
		}
	}
	f.ask(401, at("/me", four.Access))
	f.ask(204, refresh("/auth/logout", three.Refresh))
	f.ask(401, at("/me", three.Access))
	five := f.tokens(login("car"))
	f.ask(204, do("POST", "/auth/logout", "Content-Length: 0", auth(five.Access)))
	f.ask(401, refresh("/auth/refresh", five.Refresh))
	six := f.tokens(login("watch"))
	f.ask(204, do("POST", "/auth/logout-all", "Content-Length: 0", auth(two.Access)))
	f.ask(401, at("/me", six.Access))
	f.ask(401, refresh("/auth/refresh", six.Refresh))
}

func (f *flow) cookies() {
	cookie := func() string {
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(f.jar)) {
			pairs = append(pairs, name+"="+f.jar[name])
		}
		return "Cookie: " + strings.Join(pairs, "; ")
	}
	f.ask(200, post("/web", loginJoe))
	f.ask(200, get("/web/me", cookie()))
	f.ask(403, do("POST", "/web/me", "Content-Length: 0", cookie(), fromThem))
	f.ask(200, do("POST", "/web/me", "Content-Length: 0", cookie(), fromUs))
	old := maps.Clone(f.jar)
	f.app.clock.Advance(time.Minute)
	f.ask(200, do("POST", "/web/refresh", "Content-Length: 0", cookie(), fromUs))
	if f.jar["__Host-refresh_token"] == old["__Host-refresh_token"] {
		f.t.Errorf("%s: the refresh token is the same", f.server.Name)
	}
	f.ask(200, get("/web/sessions", cookie()))
	now := maps.Clone(f.jar)
	f.jar = old
	f.ask(200, do("POST", "/web/refresh", "Content-Length: 0", cookie(), fromUs))
	if !maps.Equal(f.jar, now) {
		f.t.Errorf("%s: the loser of a race got other cookies", f.server.Name)
	}
	f.ask(204, do("POST", "/web/logout", "Content-Length: 0", cookie(), fromUs))
	if len(f.jar) != 0 {
		f.t.Errorf("%s: cookies are left: %v", f.server.Name, f.jar)
	}
	f.ask(401, get("/web/me", "Cookie: __Host-access_token="+now["__Host-access_token"]))
}

// graces is what a token that was exchanged a moment ago is still good for.
func (f *flow) graces() {
	refresh := func(path, token string) string { return post(path, fmt.Sprintf(`{"refresh_token":%q}`, token)) }
	one := f.tokens(post("/auth", loginJoe))
	next := f.tokens(refresh("/auth/refresh", one.Refresh))
	for range 3 {
		if again := f.tokens(refresh("/auth/refresh", one.Refresh)); again != next {
			f.t.Errorf("%s: in the grace: got other tokens", f.server.Name)
		}
	}
	f.ask(401, refresh("/auth/refresh", one.Refresh)) // once more
	f.ask(401, at("/me", next.Access))

	two := f.tokens(post("/strict", loginJoe))
	next = f.tokens(refresh("/strict/refresh", two.Refresh))
	for range 5 {
		f.ask(409, refresh("/strict/refresh", two.Refresh))
	}
	f.tokens(refresh("/strict/refresh", next.Refresh))
	f.app.clock.Advance(time.Minute)
	f.ask(401, refresh("/strict/refresh", two.Refresh))
}

// endings are what ends a session that nobody has named.
func (f *flow) endings() {
	refresh := func(token string) string { return post("/auth/refresh", fmt.Sprintf(`{"refresh_token":%q}`, token)) }
	admit := do("POST", "/admit", "Content-Length: 0")
	moment, err := f.app.Auth.Begin(context.Background())
	check(err)
	f.app.moment.Store(&moment)
	f.tokens(admit)
	check(f.app.Auth.EndSessionsOf(context.Background(), "joe"))
	f.ask(401, admit) // which began before
	later, err := f.app.Auth.Begin(context.Background())
	check(err)
	f.app.moment.Store(&later)
	one := f.tokens(admit)
	next := f.tokens(refresh(one.Refresh))
	f.app.stamp.Store(new("the password was changed"))
	f.ask(401, refresh(next.Refresh))
	f.ask(401, at("/me", next.Access))
}
