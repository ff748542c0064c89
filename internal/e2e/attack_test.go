package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Pages of others, open beside a page where joe is logged in, send what they can
// to end his sessions and to write his note. On another site the browser keeps
// the cookies back, since they are SameSite. On the same site but another origin,
// as a neighbouring subdomain or here another port, it sends them: there nothing
// but the check for cross-site requests stands between the page and the session.
func TestAttack(t *testing.T) {
	needChromium(t)
	for _, framework := range frameworks {
		for _, proof := range []string{"", "-double-submit"} {
			t.Run(framework+proof, func(t *testing.T) {
				t.Parallel()
				args := []string{"-framework", framework}
				if proof != "" {
					args = append(args, proof)
				}
				attack(t, start(t, args...), framework+proof, proof != "")
			})
		}
	}
}

const (
	access = "__Host-access_token"
	csrf   = "__Host-csrf_token"
	fresh  = "__Host-refresh_token"
)

func attack(t *testing.T, app *site, name string, double bool) {
	joe := newPerson(t, name)
	joe.logIn(app.url, "joe", "pass")
	joe.sees("#greeting", "Hello, joe")
	joe.write("#note", "buy milk")
	joe.click("#save")
	joe.sees("#saved", "Saved.")

	all := []string{access, fresh}
	if double {
		all = []string{access, csrf, fresh}
	}
	none := []string{}
	// What the server was sent, and how it answered. Other sites' cookies are not.
	type answer struct {
		method  string
		status  int
		cookies []string
	}
	type row struct {
		attempt               string
		another, neighbouring answer
	}
	rows := []row{
		{"fetch-note", answer{"POST", 401, none}, answer{"POST", 403, all}},
		{"fetch-logout", answer{"POST", 401, none}, answer{"POST", 403, all}},
		{"fetch-logout-all", answer{"POST", 401, none}, answer{"POST", 403, all}},
		{"fetch-refresh", answer{"POST", 401, none}, answer{"POST", 403, all}},
		{"fetch-header", answer{"OPTIONS", 405, none}, answer{"OPTIONS", 405, none}}, // and then no POST
		{"fetch-delete", answer{"OPTIONS", 405, none}, answer{"OPTIONS", 405, none}},
		{"form-note", answer{"POST", 401, none}, answer{"POST", 403, all}},
		{"form-logout-all", answer{"POST", 401, none}, answer{"POST", 403, all}},
		{"image-note", answer{"GET", 401, none}, answer{"GET", 200, all}}, // which the page cannot read
		{"image-logout-all", answer{"GET", 405, none}, answer{"GET", 405, all}},
		{"top-logout-all", answer{"POST", 401, none}, answer{"POST", 403, all}},
	}
	places := []string{"another", "neighbouring"}
	if double {
		places = places[1:] // another site sends no cookie, whatever the proof
	}
	for _, from := range places {
		page := attacker(t, app)
		where := local(page)
		if from == "another" {
			where = strings.Replace(where, "localhost", evil, 1)
		}
		mallory := joe.another(name + "-" + from) // a tab of joe's own browser
		mallory.open(where + "/?target=" + app.url)
		before := len(app.exchanges(func(e exchange) bool { return e.Attempt != "" }))
		saw := eval[map[string]string](mallory, "run()")
		if name == "gin" {
			mallory.picture("attack-" + from)
		}
		eval[bool](mallory, "submitTop() ?? true")
		mallory.sees("body", `"error"`)
		got := app.exchanges(func(e exchange) bool { return e.Attempt != "" })[before:]
		for _, r := range rows {
			want := r.neighbouring
			if from == "another" {
				want = r.another
			}
			i := slices.IndexFunc(got, func(e exchange) bool { return e.Attempt == r.attempt })
			if i < 0 {
				t.Errorf("%s: %s: nothing was sent; the page saw %q", from, r.attempt, saw[r.attempt])
				continue
			}
			e := got[i]
			if e.Method != want.method || e.Status != want.status || !slices.Equal(e.Cookies, want.cookies) {
				t.Errorf("%s: %s: got %s with %v answered %d, want %s with %v and %d", from, r.attempt, e.Method, e.Cookies, e.Status, want.method, want.cookies, want.status)
			}
			if site := map[string]string{"another": "cross-site", "neighbouring": "same-site"}[from]; e.FetchSite != site && e.Method != "OPTIONS" {
				t.Errorf("%s: %s: got Sec-Fetch-Site %q, want %q: this is another attack than meant", from, r.attempt, e.FetchSite, site)
			}
		}
		if len(got) != len(rows) {
			t.Errorf("%s: got %d requests, want %d: %+v", from, len(got), len(rows), got)
		}
		if saw["image-note"] != "no picture" || saw["fetch-header"] != "an error" || saw["fetch-delete"] != "an error" {
			t.Errorf("%s: the page saw %q", from, saw)
		}
	}

	joe.click("#call")
	joe.sees("#output", `"name": "joe"`)
	if got := eval[string](joe, `fetch("/api/note").then(r => r.text())`); got != `{"text":"buy milk"}`+"\n" {
		t.Errorf("the note is %s now", got)
	}
	own(t, joe, double)
}

// own sends the same from joe's own page: there is nothing else wrong with it.
func own(t *testing.T, joe *tab, double bool) {
	t.Helper()
	proof, open := "{}", ""
	if double {
		open = csrf
	}
	if got := eval[string](joe, "document.cookie.replace(/=[^;]*/g, '')"); got != open {
		t.Errorf("scripts of the own page can read the cookies %q, want %q", got, open)
	}
	if !eval[bool](joe, `import("/session.js").then(s => s.renew())`) {
		t.Error("the own page cannot refresh")
	}
	if double {
		proof = `{"X-CSRF-Token": document.cookie.match(/__Host-csrf_token=([^;]*)/)[1]}`
		const without = `fetch("/auth/logout-all", {method: "POST"}).then(r => r.status)`
		if got := eval[int](joe, without); got != 403 {
			t.Errorf("the own page without the header: got %d, want 403", got)
		}
	}
	for _, tt := range []struct {
		path   string
		status int
	}{{"/api/note", 200}, {"/auth/logout-all", 204}} {
		script := fmt.Sprintf(`fetch(%q, {method: "POST", headers: %s}).then(r => r.status)`, tt.path, proof)
		if got := eval[int](joe, script); got != tt.status {
			t.Errorf("the own page: POST %s: got %d, want %d", tt.path, got, tt.status)
		}
	}
}

// attacker serves the page, and tells it what came over the wire of the site
// since it was opened, for its table.
func attacker(t *testing.T, app *site) *httptest.Server {
	before := len(app.exchanges(func(exchange) bool { return true }))
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/attack.html") })
	mux.HandleFunc("/wire", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(app.exchanges(func(exchange) bool { return true })[before:])
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}
