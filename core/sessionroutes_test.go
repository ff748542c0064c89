package core_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// request is a request to an endpoint of sessions.
func request(method, query, body string, fields ...string) coretest.Stub {
	r := coretest.Call(method, query, fields...)
	if body != "" {
		r.Content = strings.NewReader(body)
	}
	return r
}

const asJSON = "application/json"

func TestSessionRoutes(t *testing.T) {
	for _, tt := range []struct {
		login, path string
		want        string
	}{
		{"", "", "/auth /auth/refresh /auth/logout /auth/logout-all /auth/sessions"},
		{"/in", "", "/in /in/refresh /in/logout /in/logout-all /in/sessions"},
		{"/in", "/session", "/in /session/refresh /session/logout /session/logout-all /session/sessions"},
		{"", "/", "/auth /refresh /logout /logout-all /sessions"},
	} {
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Login.Path, c.Sessions.Path = tt.login, tt.path })
		var got []string
		for _, r := range h.Routes() {
			got = append(got, r.Path)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("got %v, want %s", got, tt.want)
		}
	}
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Authenticate = nil })
	if n := len(h.Routes()); n != 4 {
		t.Errorf("without a login: got %d routes", n)
	}
}

// TestSessionEndpointsAlone: without sessions they answer like a defect, and say so.
func TestSessionEndpointsAlone(t *testing.T) {
	cfg := coretest.Accepting()
	seen := &jwttest.Recorder{}
	cfg.Observer = seen
	auth := coretest.MustNew(t, cfg)
	for _, serve := range []func(core.Request) core.Response{auth.Refresh, auth.Logout, auth.LogoutAll} {
		if res := serve(coretest.Post("{}")); res.Status != 500 {
			t.Errorf("got %d %s", res.Status, res.Body)
		}
	}
	if res := auth.Sessions(coretest.Get()); res.Status != 500 {
		t.Errorf("got %d", res.Status)
	}
	for _, e := range seen.Events() {
		coretest.Contains(t, "cause", e.Cause.Error(), "Config.Sessions.Store is nil")
	}
	if res := auth.Admit(coretest.Get(), core.Moment{}, coretest.Joe); res.Status != 200 || strings.Contains(string(res.Body), "refresh") {
		t.Errorf("Admit: got %d %s", res.Status, res.Body)
	}
	if res := auth.Admit(coretest.Get(), core.Moment{}, nil); res.Status != 401 {
		t.Errorf("Admit of nobody: got %d", res.Status)
	}
}

// TestBadRequests: what is wrong with a request to each of the endpoints, and what
// it is told.
func TestBadRequests(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	stateless := jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe"}, jwttest.At(coretest.Now))
	foreign := jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe", "iss": "else", "sid": strings.Repeat("A", 22)}, jwttest.At(coretest.Now))
	expired := jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe", "exp": coretest.Now}, jwttest.At(coretest.Now))
	ended := h.LogIn("joe")
	if res := h.Logout(coretest.Post(`{"refresh_token":"` + ended.Refresh + `"}`)); res.Status != 204 {
		t.Fatalf("logout: %d %s", res.Status, res.Body)
	}
	live := func() string { return "Bearer " + h.LogIn("joe").Access }
	type endpoint = func(core.Request) core.Response
	for _, tt := range []struct {
		name string
		to   endpoint
		r    core.Request
		want core.Kind
	}{
		{"refresh: no Content-Type", h.Refresh, request("POST", "", `{"refresh_token":"x"}`), core.UnsupportedMedia},
		{"refresh: a form", h.Refresh, request("POST", "", `refresh_token=x`, "Content-Type", "application/x-www-form-urlencoded"), core.UnsupportedMedia},
		{"refresh: nothing", h.Refresh, request("POST", "", ""), core.UnsupportedMedia},
		{"refresh: an empty body", h.Refresh, request("POST", "", "", "Content-Type", asJSON), core.BadBody},
		{"refresh: no JSON", h.Refresh, coretest.Post(`{"refresh_token"`), core.BadBody},
		{"refresh: an array", h.Refresh, coretest.Post(`["x"]`), core.BadBody},
		{"refresh: no token", h.Refresh, coretest.Post(`{"token":"x"}`), core.BadBody},
		{"refresh: another case", h.Refresh, coretest.Post(`{"Refresh_token":"x"}`), core.BadBody},
		{"refresh: twice", h.Refresh, coretest.Post(`{"refresh_token":"x","refresh_token":"y"}`), core.BadBody},
		{"refresh: a number", h.Refresh, coretest.Post(`{"refresh_token":1}`), core.BadBody},
		{"refresh: an empty token", h.Refresh, coretest.Post(`{"refresh_token":""}`), core.BadBody},
		{"refresh: too large", h.Refresh, coretest.Post(`{"refresh_token":"` + strings.Repeat("x", 4096) + `"}`), core.TooLarge},
		{"refresh: too large, and no JSON", h.Refresh, request("POST", "", strings.Repeat("x", 4097), "Content-Type", "text/plain"), core.UnsupportedMedia},
		{"refresh: not in the query", h.Refresh, request("POST", "refresh_token=x", "{}", "Content-Type", asJSON), core.BadBody},
		{"refresh: short", h.Refresh, coretest.Post(`{"refresh_token":"x"}`), core.BadRefresh},
		{"refresh: another alphabet", h.Refresh, coretest.Post(`{"refresh_token":"` + strings.Repeat("+", 64) + `"}`), core.BadRefresh},
		{"refresh: line breaks", h.Refresh, coretest.Post(`{"refresh_token":"` + strings.Repeat("A", 62) + `\r\n"}`), core.BadRefresh},
		{"refresh: unknown", h.Refresh, coretest.Post(`{"refresh_token":"` + strings.Repeat("A", 64) + `"}`), core.BadRefresh},
		{"refresh: of a session that is over", h.Refresh, coretest.Post(`{"refresh_token":"` + ended.Refresh + `"}`), core.BadRefresh},
		{"refresh: with an access token alone", h.Refresh, request("POST", "", "{}", "Content-Type", asJSON, "Authorization", live()), core.BadBody},
		{"refresh: GET", h.Refresh, request("GET", "", ""), core.MethodNotAllowed},
		{"refresh: broken body", h.Refresh, coretest.Stub{Verb: "POST", HostName: "a", Ctx: t.Context(), Content: brokenBody{}, Fields: http.Header{"Content-Type": {asJSON}}}, core.BadBody},
		{"refresh: no Host", h.Refresh, rawRequest{request("POST", "", ""), "X-A: b\r\n"}, core.BadRequest},

		{"logout: nothing", h.Logout, request("POST", "", ""), core.MissingToken},
		{"logout: {}", h.Logout, coretest.Post(`{}`), core.MissingToken},
		{"logout: text", h.Logout, request("POST", "", "x", "Content-Type", "text/plain"), core.UnsupportedMedia},
		{"logout: no JSON", h.Logout, coretest.Post(`x`), core.BadBody},
		{"logout: a number", h.Logout, coretest.Post(`{"refresh_token":1}`), core.BadBody},
		{"logout: too large", h.Logout, coretest.Post(strings.Repeat(" ", 4097)), core.TooLarge},
		{"logout: expired", h.Logout, request("POST", "", "", "Authorization", "Bearer "+expired), core.Expired},
		{"logout: revoked", h.Logout, request("POST", "", "", "Authorization", "Bearer "+ended.Access), core.Revoked},
		{"logout: of no session", h.Logout, request("POST", "", "", "Authorization", "Bearer "+stateless), core.Forbidden},
		{"logout: a refresh token as access token", h.Logout, request("POST", "", "", "Authorization", "Bearer "+ended.Refresh), core.Malformed},
		{"logout: PUT", h.Logout, request("PUT", "", "{}"), core.MethodNotAllowed},

		{"logout-all: nothing", h.LogoutAll, request("POST", "", ""), core.MissingToken},
		{"logout-all: a refresh token is not enough", h.LogoutAll, coretest.Post(`{"refresh_token":"` + h.LogIn("joe").Refresh + `"}`), core.MissingToken},
		{"logout-all: revoked", h.LogoutAll, request("POST", "", "", "Authorization", "Bearer "+ended.Access), core.Revoked},
		{"logout-all: of no session", h.LogoutAll, request("POST", "", "", "Authorization", "Bearer "+stateless), core.Forbidden},
		{"logout-all: GET", h.LogoutAll, request("GET", "", "", "Authorization", live()), core.MethodNotAllowed},

		{"sessions: nothing", h.Sessions, coretest.Get(), core.MissingToken},
		{"sessions: revoked", h.Sessions, coretest.Bearer(ended.Access), core.Revoked},
		{"sessions: of no session", h.Sessions, coretest.Bearer(stateless), core.Forbidden},
		{"sessions: two tokens", h.Sessions, coretest.Get("Authorization", live(), "Authorization", live()), core.BadRequest},
		{"sessions: POST", h.Sessions, request("POST", "", "{}", "Authorization", live()), core.MethodNotAllowed},
		{"sessions: DELETE without id", h.Sessions, request("DELETE", "", "", "Authorization", live()), core.BadRequest},
		{"sessions: DELETE of no id", h.Sessions, request("DELETE", "id=", "", "Authorization", live()), core.BadRequest},
		{"sessions: DELETE of two", h.Sessions, request("DELETE", "id="+strings.Repeat("A", 22)+"&id="+strings.Repeat("B", 22), "", "Authorization", live()), core.BadRequest},
		{"sessions: DELETE of what is no id", h.Sessions, request("DELETE", "id=../x", "", "Authorization", live()), core.BadRequest},
		{"sessions: DELETE without a token", h.Sessions, request("DELETE", "id="+strings.Repeat("A", 22), ""), core.MissingToken},
	} {
		h.Refused(tt.name, tt.to(tt.r), tt.want)
	}
	if res := h.Refresh(request("PUT", "", "")); res.Header.Get("Allow") != "POST" {
		t.Errorf("Allow: got %q", res.Header.Get("Allow"))
	}
	if res := h.Sessions(request("PUT", "", "")); res.Header.Get("Allow") != "GET, HEAD, DELETE" {
		t.Errorf("Allow: got %q", res.Header.Get("Allow"))
	}
	if res := h.LogoutAll(request("POST", "", "", "Authorization", "Bearer "+foreign)); res.Status != 401 {
		t.Errorf("a session of nobody's: got %d", res.Status)
	}
}

// TestForeignSubject: where another issuer is believed too, its joe is not ours,
// whatever sid it writes.
func TestForeignSubject(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Rules.Issuer = "https://us"
		own := core.Decoder(c.Keys, core.ClaimRules{Now: c.Now})
		c.Decode = own // takes what anybody has signed with the key
	})
	ours := h.LogIn("joe")
	_, payload := coretest.Parts(t, ours.Access)
	foreign := "Bearer " + jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe", "iss": "https://them", "sid": payload["sid"]}, jwttest.At(coretest.Now))
	if code := coretest.Serve[*coretest.User](h.Require(), coretest.Get("Authorization", foreign)).Code; code != 200 {
		t.Fatalf("a call with the other's token: got %d", code)
	}
	h.Refused("logout", h.Logout(request("POST", "", "", "Authorization", foreign)), core.Forbidden)
	h.Refused("logout-all", h.LogoutAll(request("POST", "", "", "Authorization", foreign)), core.Forbidden)
	h.Refused("sessions", h.Sessions(coretest.Get("Authorization", foreign)), core.Forbidden)
	if h.Status(ours.Access) != 200 {
		t.Error("our session has ended")
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("the connection was lost") }

func TestLogout(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	logout := func(name string, r coretest.Stub, want int) {
		t.Helper()
		res := h.Logout(r)
		if res.Status != want || want == 204 && (len(res.Body) > 0 || res.Header.Get("Set-Cookie") != "" || res.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: got %d %v %s", name, res.Status, res.Header, res.Body)
		}
	}
	one, two := h.LogIn("joe"), h.LogIn("joe")
	next := coretest.TokensOf(t, h.RefreshBy(one.Refresh))
	logout("by an old refresh token", coretest.Post(`{"refresh_token":"`+one.Refresh+`"}`), 204)
	if h.Status(next.Access) != 401 || h.Status(two.Access) != 200 {
		t.Error("by an old refresh token: the wrong session has ended")
	}
	logout("once more", coretest.Post(`{"refresh_token":"`+one.Refresh+`"}`), 204)
	logout("of what never was", coretest.Post(`{"refresh_token":"`+strings.Repeat("A", 64)+`"}`), 204)
	logout("of what is no token", coretest.Post(`{"refresh_token":"x"}`), 204)
	e, _ := h.Seen.Last(t)
	if e.Action != core.ActionLogout || e.Kind != 0 {
		t.Errorf("observed %+v", e)
	}
	logout("by access token", request("POST", "", "", "Authorization", "Bearer "+two.Access), 204)
	h.Refused("after it", h.RefreshBy(two.Refresh), core.BadRefresh)
	a, b := h.LogIn("joe"), h.LogIn("ann")
	both := coretest.Post(`{"refresh_token":"` + a.Refresh + `"}`)
	both.Fields.Set("Authorization", "Bearer "+b.Access)
	logout("the body decides", both, 204)
	if h.Status(a.Access) != 401 || h.Status(b.Access) != 200 {
		t.Error("the body did not decide")
	}
}

func TestLogoutAll(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	one, two, ann := h.LogIn("joe"), h.LogIn("joe"), h.LogIn("ann")
	if res := h.LogoutAll(request("POST", "", "", "Authorization", "Bearer "+one.Access)); res.Status != 204 {
		t.Fatalf("got %d %s", res.Status, res.Body)
	}
	e, s := h.Seen.Last(t)
	if e.Action != core.ActionLogout || s.Subject != "joe" {
		t.Errorf("observed %+v of %+v", e, s)
	}
	if h.Status(one.Access) != 401 || h.Status(two.Access) != 401 || h.Status(ann.Access) != 200 {
		t.Error("the wrong sessions have ended")
	}
	h.Refused("the other session", h.RefreshBy(two.Refresh), core.BadRefresh)
	coretest.TokensOf(t, h.RefreshBy(ann.Refresh))
}

func TestSessionList(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Label = func(r core.Request) string { return strings.Join(r.Header("X-Device"), "") }
	})
	phone := coretest.TokensOf(t, h.Admit(coretest.Get("X-Device", `a "phone"`), core.Moment{}, coretest.Joe))
	h.Clock.Advance(1500 * time.Millisecond)
	desk := coretest.TokensOf(t, h.Admit(coretest.Get("X-Device", "a desk"), core.Moment{}, coretest.Joe))
	h.LogIn("ann")
	res := h.Sessions(coretest.Bearer(phone.Access))
	var list struct {
		Sessions []struct {
			ID, Label, Created string
			LastUsed           string `json:"last_used"`
			Expires            string
			Current            bool
		}
	}
	if err := json.Unmarshal(res.Body, &list); err != nil || res.Status != 200 || len(list.Sessions) != 2 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %s", res.Status, res.Body)
	}
	first, second := list.Sessions[0], list.Sessions[1]
	if first.Label != "a desk" || first.Current || second.Label != `a "phone"` || !second.Current ||
		first.Created != "2030-01-01T00:00:01Z" || first.LastUsed != "2030-01-01" || first.Expires != "2030-01-08" {
		t.Errorf("got %s", res.Body)
	}
	remove := func(token, id string) core.Response {
		return h.Sessions(request("DELETE", "id="+id, "", "Authorization", "Bearer "+token))
	}
	ann := h.LogIn("ann")
	if res := remove(ann.Access, first.ID); res.Status != 204 || h.Status(desk.Access) != 200 {
		t.Errorf("somebody else's session: got %d, and it is over: %v", res.Status, h.Status(desk.Access) != 200)
	}
	for range 2 {
		if res := remove(phone.Access, first.ID); res.Status != 204 || h.Status(desk.Access) != 401 || h.Status(phone.Access) != 200 {
			t.Errorf("my other session: got %d", res.Status)
		}
	}
	if res := remove(phone.Access, second.ID); res.Status != 204 || h.Status(phone.Access) != 401 {
		t.Errorf("my own session: got %d", res.Status)
	}
	if res := h.Sessions(request("HEAD", "", "", "Authorization", "Bearer "+ann.Access)); res.Status != 200 {
		t.Errorf("HEAD: got %d", res.Status)
	}
}
