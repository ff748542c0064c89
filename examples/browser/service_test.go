package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// user is what a browser is to the server: cookies, and where a request is from.
// The jar of net/http would not send Secure cookies without TLS.
type user struct {
	t    *testing.T
	base string
	jar  map[string]string
	csrf bool // repeats the double-submitted value, as the page's script does
}

func newUser(t *testing.T, base string) *user {
	return &user{t: t, base: base, jar: map[string]string{}}
}

// answer is what came back.
type answer struct {
	status  int
	body    string
	header  http.Header
	cookies []string // as set, but for their values and ages
}

var valueAndAge = regexp.MustCompile(`^([^=]*)=[^;]*|; Max-Age=[0-9]+`)

// call sends a request from a page of the site, "same-origin" or another.
func (u *user) call(method, path, body, site string) answer {
	u.t.Helper()
	r, err := http.NewRequest(method, u.base+path, strings.NewReader(body))
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	for name, value := range u.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if u.csrf {
		r.Header.Set("X-CSRF-Token", u.jar["__Host-csrf_token"])
	}
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		u.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, body: string(got), header: res.Header}
	for _, c := range res.Cookies() {
		if u.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(u.jar, c.Name)
		}
		a.cookies = append(a.cookies, valueAndAge.ReplaceAllString(c.Raw, "$1"))
	}
	return a
}

const joe = `{"username":"joe","password":"pass"}`

func (u *user) logIn() answer {
	u.t.Helper()
	a := u.call("POST", "/auth", joe, "same-origin")
	if a.status != 200 {
		u.t.Fatalf("the login answered %d %s", a.status, a.body)
	}
	return a
}

// A user's way through the application, from the login to the logout.
func TestSession(t *testing.T) {
	const (
		access = "__Host-access_token; Path=/; HttpOnly; Secure; SameSite=Lax"
		fresh  = "__Host-refresh_token; Path=/; HttpOnly; Secure; SameSite=Strict"
		proof  = "__Host-csrf_token; Path=/; Secure; SameSite=Strict"
	)
	for _, framework := range names {
		for _, double := range []bool{false, true} {
			cookies := []string{access, fresh}
			name := framework
			if double {
				cookies, name = append(cookies, proof), name+" double-submit"
			}
			t.Run(name, func(t *testing.T) {
				base := start(t, framework, double)
				u, other := newUser(t, base), newUser(t, base)
				u.csrf, other.csrf = double, double
				want := func(what string, a answer, status int, part string) {
					t.Helper()
					if a.status != status || !strings.Contains(a.body, part) {
						t.Errorf("%s: got %d %s, want %d and %q", what, a.status, a.body, status, part)
					}
				}
				same := func(method, path, body string) answer { t.Helper(); return u.call(method, path, body, "same-origin") }

				want("a wrong password", same("POST", "/auth", `{"username":"joe","password":"x"}`), 401, "invalid_credentials")
				want("a login by GET", same("GET", "/auth", ""), 405, "method_not_allowed")
				want("a login by a form", same("POST", "/auth", "username=joe"), 415, "unsupported_media_type")
				want("a call without a login", same("GET", "/api/me", ""), 401, "missing_token")
				want("a refresh without a login", same("POST", "/auth/refresh", ""), 401, "invalid_grant")

				a := u.logIn()
				if !slices.Equal(a.cookies, cookies) {
					t.Errorf("the login: got the cookies %q, want %q", a.cookies, cookies)
				}
				me := same("GET", "/api/me", "")
				want("a call", me, 200, `{"name":"joe","expires_in":`)
				if me.header.Get("Cache-Control") != "no-store" || me.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
					t.Errorf("a call: got %v", me.header)
				}
				want("a call by POST", same("POST", "/api/me", ""), 405, "method_not_allowed")
				want("a note", same("POST", "/api/note", "buy milk"), 200, `{"text":"buy milk"}`)
				want("a long note", same("POST", "/api/note", strings.Repeat("x", maxNote+1)), 413, "content_too_large")
				want("a note that is no text", same("POST", "/api/note", "\xff"), 400, "invalid_request")
				want("a note by PUT", same("PUT", "/api/note", "x"), 405, "method_not_allowed")
				want("the note is the first", same("GET", "/api/note", ""), 200, `{"text":"buy milk"}`)

				before := u.jar["__Host-access_token"]
				a = same("POST", "/auth/refresh", "")
				want("a refresh", a, 200, `{"expires_in":60}`)
				if !slices.Equal(a.cookies, cookies) || u.jar["__Host-access_token"] == before {
					t.Errorf("a refresh: got the cookies %q, want new %q", a.cookies, cookies)
				}

				// Another site's page, which the browser's cookies come along with.
				for _, tt := range []struct{ method, path, site string }{
					{"POST", "/api/note", "cross-site"},
					{"POST", "/api/note", "same-site"},
					{"POST", "/auth/logout", "same-site"},
					{"POST", "/auth/logout-all", "cross-site"},
					{"POST", "/auth/refresh", "same-site"},
					{"DELETE", "/auth/sessions?id=x", "same-site"},
					{"POST", "/api/note", ""},
				} {
					u.csrf = false
					want(tt.method+" "+tt.path+" "+tt.site, u.call(tt.method, tt.path, "", tt.site), 403, "csrf_check_failed")
					u.csrf = double
				}

				other.logIn()
				var list struct {
					Sessions []struct {
						ID, Label string
						Current   bool
					}
				}
				a = same("GET", "/auth/sessions", "")
				if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Sessions) != 2 {
					t.Fatalf("the list: got %d %s %v, want two sessions", a.status, a.body, err)
				}
				for _, s := range list.Sessions {
					if s.Label != "Firefox on Linux" {
						t.Errorf("the list: got the label %q", s.Label)
					}
					if !s.Current {
						want("the end of the other", same("DELETE", "/auth/sessions?id="+s.ID, ""), 204, "")
					}
				}
				want("the other's call", other.call("GET", "/api/me", "", "same-origin"), 401, "invalid_token")
				want("the other's refresh", other.call("POST", "/auth/refresh", "", "same-origin"), 401, "invalid_grant")

				a = same("POST", "/auth/logout", "")
				want("the logout", a, 204, "")
				if !slices.Equal(a.cookies, cookies) || len(u.jar) != 0 {
					t.Errorf("the logout: got the cookies %q and kept %v, want %q cleared", a.cookies, u.jar, cookies)
				}
				want("a call after it", same("GET", "/api/me", ""), 401, "missing_token")

				u.logIn()
				other.logIn()
				a = same("POST", "/auth/logout-all", "")
				want("the logout everywhere", a, 204, "")
				if !slices.Equal(a.cookies, cookies) {
					t.Errorf("the logout everywhere: got the cookies %q, want %q", a.cookies, cookies)
				}
				want("the other's call after it", other.call("GET", "/api/me", "", "same-origin"), 401, "invalid_token")
			})
		}
	}
}

// TestGuesses: ten are taken, and one more in ten seconds, however long they take.
func TestGuesses(t *testing.T) {
	for _, framework := range names {
		u := newUser(t, start(t, framework, false))
		begin, guesses := time.Now(), 0
		for ; u.call("POST", "/auth", `{"username":"ann","password":"x"}`, "same-origin").status != 429; guesses++ {
			if most := 10 + int(time.Since(begin)/(10*time.Second)); guesses > most {
				t.Fatalf("%s: %d guesses were taken, want %d", framework, guesses, most)
			}
		}
		a := u.call("POST", "/auth", `{"username":"ann","password":"word"}`, "same-origin")
		if guesses < 10 || a.status != 429 || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d guesses, then the password: got %d %v, want 429 with Retry-After", framework, guesses, a.status, a.header)
		}
	}
}
