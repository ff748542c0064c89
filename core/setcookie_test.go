package core_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// browser keeps cookies as a browser does, as far as these tests need it.
type browser struct {
	t   testing.TB
	jar map[string]string
}

// logIn logs joe in, and returns what is in the jar then.
func (b *browser) logIn(h *coretest.House) coretest.Tokens {
	b.t.Helper()
	if res := b.take(h.Login(coretest.Post(coretest.JoesLogin))); res.Status != 200 {
		b.t.Fatalf("a login: got %d %s", res.Status, res.Body)
	}
	return coretest.Tokens{Access: b.jar["__Host-access_token"], Refresh: b.jar[refreshCookie]}
}

// take stores the cookies of an answer.
func (b *browser) take(res core.Response) core.Response {
	b.t.Helper()
	for _, line := range res.Header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			b.t.Fatal(err)
		}
		if !c.Secure || c.Path != "/" || c.Domain != "" || strings.Contains(line, "Domain") {
			b.t.Errorf("the cookie %s would not be taken", line)
		}
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
	return res
}

// sends is a request with the cookies, and further fields.
func (b *browser) sends(method string, fields ...string) coretest.Stub {
	var cookies []string
	for name, value := range b.jar {
		cookies = append(cookies, name+"="+value)
	}
	return coretest.Call(method, "", append([]string{"Cookie", strings.Join(cookies, "; ")}, fields...)...)
}

const (
	accessCookie  = "__Host-access_token"
	refreshCookie = "__Host-refresh_token"
	csrfCookie    = "__Host-csrf_token"
)

var ourPage = []string{"Sec-Fetch-Site", "same-origin"}

func TestTokenCookies(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.Cookies = &core.SessionCookies{} })
	b := &browser{t, map[string]string{}}
	res := b.take(h.Login(coretest.Post(coretest.JoesLogin)))
	if body := string(res.Body); res.Status != 200 || body != `{"expires_in":300}`+"\n" {
		t.Errorf("got %d %s", res.Status, body)
	}
	if got, want := res.Header["Set-Cookie"], []string{
		accessCookie + "=" + b.jar[accessCookie] + "; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax",
		refreshCookie + "=" + b.jar[refreshCookie] + "; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Strict",
	}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	gate := func(r coretest.Stub) int { return coretest.Serve[*coretest.User](h.Require(), r).Code }
	if gate(b.sends("GET")) != 200 || gate(b.sends("POST", ourPage...)) != 200 || gate(b.sends("POST")) != 403 ||
		gate(b.sends("POST", "Sec-Fetch-Site", "cross-site")) != 403 {
		t.Error("the access token's cookie is not read as it should be")
	}
	for name, fields := range map[string][]string{
		"no proof": nil, "cross-site": {"Sec-Fetch-Site", "cross-site"}, "same-site": {"Sec-Fetch-Site", "same-site"},
		"another origin": {"Origin", "https://evil.example"}, "null": {"Origin", "null"},
	} {
		h.Refused("refresh, "+name, b.take(h.Refresh(b.sends("POST", fields...))), core.CSRF)
		h.Refused("logout, "+name, b.take(h.Logout(b.sends("POST", fields...))), core.CSRF)
		h.Refused("logout-all, "+name, b.take(h.LogoutAll(b.sends("POST", fields...))), core.CSRF)
		r := b.sends("DELETE", fields...)
		r.Query = "id=" + strings.Repeat("A", 22)
		h.Refused("delete, "+name, b.take(h.Sessions(r)), core.CSRF)
	}
	before := b.jar[refreshCookie]
	h.Clock.Advance(time.Minute)
	res = b.take(h.Refresh(b.sends("POST", ourPage...)))
	if res.Status != 200 || string(res.Body) != `{"expires_in":300}`+"\n" || b.jar[refreshCookie] == before || gate(b.sends("GET")) != 200 {
		t.Errorf("refresh: got %d %s", res.Status, res.Body)
	}
	// The loser of a race gets the winner's cookies.
	b2 := &browser{t, map[string]string{refreshCookie: before}}
	if res := b2.take(h.Refresh(b2.sends("POST", ourPage...))); res.Status != 200 || b2.jar[refreshCookie] != b.jar[refreshCookie] || b2.jar[accessCookie] != b.jar[accessCookie] {
		t.Errorf("the loser: got %d %s", res.Status, res.Body)
	}
	// A refusal clears nothing: another tab may have new cookies.
	stale := &browser{t, map[string]string{refreshCookie: strings.Repeat("A", 64)}}
	res = h.Refresh(stale.sends("POST", ourPage...))
	h.Refused("unknown", res, core.BadRefresh)
	if res.Header["Set-Cookie"] != nil {
		t.Errorf("a refusal sets cookies: %v", res.Header)
	}
	h.Refused("no cookie", h.Refresh(coretest.Call("POST", "", ourPage...)), core.BadRefresh)
	h.Refused("two cookies", h.Refresh(coretest.Call("POST", "", "Cookie", refreshCookie+"=a; "+refreshCookie+"=b", "Sec-Fetch-Site", "same-origin")), core.BadRequest)

	phone := h.LogIn("joe")
	if phone.Access != "" || phone.Refresh != "" {
		t.Errorf("tokens are in the body: %+v", phone)
	}
	r := b.sends("POST", "Content-Type", asJSON)
	r.Content = strings.NewReader(`{"refresh_token":"` + b.jar[refreshCookie] + `"}`)
	h.Refused("a cookie's token in the body", h.Refresh(r), core.BadRefresh)

	res = b.take(h.Logout(b.sends("POST", ourPage...)))
	if got, want := strings.Join(res.Header["Set-Cookie"], "\n"),
		accessCookie+"=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax\n"+refreshCookie+"=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"; res.Status != 204 || got != want {
		t.Errorf("logout: got %d\n%s\nwant\n%s", res.Status, got, want)
	}
	if len(b.jar) != 0 {
		t.Errorf("after logout: %v", b.jar)
	}
	h.Refused("after logout", h.Refresh(b2.sends("POST", ourPage...)), core.BadRefresh)
	// With cookies of a session that is over, a logout clears them all the same.
	if res := b2.take(h.Logout(b2.sends("POST", ourPage...))); res.Status != 204 || len(b2.jar) != 0 {
		t.Errorf("logout of what is over: got %d, %v", res.Status, b2.jar)
	}
}

// TestLogoutByCookieOrHeader: a header that is there decides, the refresh cookie
// comes before the access token's.
func TestLogoutByCookieOrHeader(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.Cookies = &core.SessionCookies{} })
	b := &browser{t, map[string]string{}}
	inJar := b.logIn(h)
	other, err := h.Issue(t.Context(), core.Moment{}, &coretest.User{Name: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	if res := h.Logout(b.sends("POST", "Authorization", "Bearer "+other.Token)); res.Status != 204 || h.Status(other.Token) != 401 || h.Status(inJar.Access) != 200 {
		t.Errorf("by header: got %d", res.Status)
	}
	if res := h.Logout(b.sends("POST", "Authorization", "Bearer x")); res.Status != 401 || h.Status(inJar.Access) != 200 {
		t.Errorf("a bad header is final: got %d", res.Status)
	}
	delete(b.jar, refreshCookie)
	if res := h.Logout(b.sends("POST", ourPage...)); res.Status != 204 || h.Status(inJar.Access) != 401 {
		t.Errorf("by the access token's cookie: got %d", res.Status)
	}
	all := b.logIn(h)
	if res := b.take(h.LogoutAll(b.sends("POST", ourPage...))); res.Status != 204 || len(b.jar) != 0 || h.Status(all.Access) != 401 {
		t.Errorf("logout-all: got %d, %v", res.Status, b.jar)
	}
	own := b.logIn(h)
	_, payload := coretest.Parts(t, own.Access)
	r := b.sends("DELETE", ourPage...)
	r.Query = "id=" + payload["sid"].(string)
	if res := b.take(h.Sessions(r)); res.Status != 204 || len(b.jar) != 0 {
		t.Errorf("DELETE of the session itself: got %d, %v", res.Status, b.jar)
	}
}

func TestDoubleSubmit(t *testing.T) {
	key := jwttest.Secret()
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sources = []core.Source{core.HeaderSource{}, core.CookieSource{DoubleSubmit: key}}
		c.Sessions.Cookies = &core.SessionCookies{SameSite: http.SameSiteStrictMode}
	})
	b, other := &browser{t, map[string]string{}}, &browser{t, map[string]string{}}
	res := b.take(h.Login(coretest.Post(coretest.JoesLogin)))
	other.take(h.Login(coretest.Post(coretest.JoesLogin)))
	value := b.jar[csrfCookie]
	coretest.Contains(t, "cookies", strings.Join(res.Header["Set-Cookie"], "\n"),
		"; Max-Age=300; HttpOnly; Secure; SameSite=Strict",
		csrfCookie+"="+value+"; Path=/; Max-Age=604800; Secure; SameSite=Strict")
	if len(value) < 43 || value == other.jar[csrfCookie] {
		t.Errorf("got %q and %q", value, other.jar[csrfCookie])
	}
	gate := func(r coretest.Stub) int { return coretest.Serve[*coretest.User](h.Require(), r).Code }
	for _, tt := range []struct {
		name   string
		method string
		fields []string
		want   int
	}{
		{"GET", "GET", nil, 200},
		{"nothing", "POST", nil, 403},
		{"from our page, without it", "POST", ourPage, 403},
		{"the cookie alone", "POST", []string{"Cookie", csrfCookie + "=" + value}, 403},
		{"the value", "POST", []string{"X-Csrf-Token", value}, 200},
		{"the value, from elsewhere", "POST", []string{"X-Csrf-Token", value, "Sec-Fetch-Site", "same-site"}, 200},
		{"another session's", "POST", []string{"X-Csrf-Token", other.jar[csrfCookie]}, 403},
		{"empty", "POST", []string{"X-Csrf-Token", ""}, 403},
		{"cut", "POST", []string{"X-Csrf-Token", value[:42]}, 403},
		{"twice", "POST", []string{"X-Csrf-Token", value, "X-Csrf-Token", value}, 403},
	} {
		if got := gate(b.sends(tt.method, tt.fields...)); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	for name, token := range map[string]string{
		"a token without sid": jwttest.Mint(t, key, core.Payload{"sub": "joe"}, jwttest.At(coretest.Now)),
		"no token":            "x",
		"a broken payload":    "e30.bm90IEpTT04.AAAA",
		"sid of a number":     jwttest.Mint(t, key, core.Payload{"sub": "joe", "sid": 7}, jwttest.At(coretest.Now)),
	} {
		// Who can make the value of the empty session must not get in by it.
		if got := gate(coretest.Call("POST", "", "Cookie", accessCookie+"="+token, "X-Csrf-Token", value)); got != 403 {
			t.Errorf("%s: got %d", name, got)
		}
	}
	// A header-borne token needs no proof.
	if got := gate(coretest.Call("POST", "", "Authorization", "Bearer "+b.jar[accessCookie])); got != 200 {
		t.Errorf("in a header: got %d", got)
	}
	h.Refused("refresh without it", h.Refresh(b.sends("POST", ourPage...)), core.CSRF)
	h.Refused("refresh with another's", h.Refresh(b.sends("POST", "X-Csrf-Token", other.jar[csrfCookie])), core.CSRF)
	if res := b.take(h.Refresh(b.sends("POST", "X-Csrf-Token", value))); res.Status != 200 || b.jar[csrfCookie] != value {
		t.Errorf("refresh: got %d, and the value has changed: %v", res.Status, b.jar[csrfCookie] != value)
	}
	if res := b.take(h.Logout(b.sends("POST", "X-Csrf-Token", value))); res.Status != 204 || len(b.jar) != 0 {
		t.Errorf("logout: got %d, %v", res.Status, b.jar)
	}
}

// TestCookieTooLarge: browsers drop such a cookie without a word.
func TestCookieTooLarge(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Cookies = &core.SessionCookies{}
		c.Payload = func(context.Context, *coretest.User) (core.Payload, error) {
			return core.Payload{"sub": "joe", "pad": strings.Repeat("x", 3000)}, nil
		}
	})
	h.Refused("too large", h.Login(coretest.Post(coretest.JoesLogin)), core.Internal)
	e, _ := h.Seen.Last(t)
	coretest.Contains(t, "cause", e.Cause.Error(), "browsers drop those over 4096")
}
