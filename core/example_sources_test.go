package core_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// A token in a cookie: a request that could change something must prove that it
// comes from our own pages.
func ExampleCookieSource() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys: key,
		Sources: []core.Source{
			core.HeaderSource{}, // for programs; what it says is final
			core.CookieSource{TrustedOrigins: []string{"https://app.example.com"}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	gate := auth.Require()
	try := func(method, header, value string, more ...string) {
		r := httptest.NewRequest(method, "https://api.example.com/orders", nil)
		r.AddCookie(&http.Cookie{Name: "__Host-access_token", Value: issued.Token})
		if header != "" {
			r.Header.Set(header, value)
		}
		if len(more) == 2 {
			r.Header.Set(more[0], more[1])
		}
		_, res, ok := gate(core.FromHTTP(r))
		fmt.Println(method, header, value, ok, res.Status)
	}
	try("GET", "", "")
	try("POST", "", "")
	try("POST", "Sec-Fetch-Site", "same-origin")
	try("POST", "Sec-Fetch-Site", "cross-site")
	try("POST", "Origin", "https://api.example.com")
	try("POST", "Origin", "https://app.example.com")
	try("POST", "Origin", "https://evil.example")
	// A WebSocket's handshake is a GET, and any page can open one.
	try("GET", "Origin", "https://evil.example", "Upgrade", "websocket")
	try("GET", "Origin", "https://app.example.com", "Upgrade", "websocket")
	// Output:
	// GET   true 0
	// POST   false 403
	// POST Sec-Fetch-Site same-origin true 0
	// POST Sec-Fetch-Site cross-site false 403
	// POST Origin https://api.example.com true 0
	// POST Origin https://app.example.com true 0
	// POST Origin https://evil.example false 403
	// GET Origin https://evil.example false 403
	// GET Origin https://app.example.com true 0
}

// A token in the query, for clients that cannot set a header. The answer must
// not end up in a shared cache.
func ExampleQuerySource() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys:    key,
		Sources: []core.Source{core.HeaderSource{}, core.QuerySource{}},
	})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/events?access_token="+issued.Token, nil)
	_, res, ok := auth.Require()(core.FromHTTP(r))
	fmt.Println(ok, res.Header.Get("Cache-Control"))

	r.Header.Set("Authorization", "Bearer "+issued.Token) // one too many
	_, res, ok = auth.Require()(core.FromHTTP(r))
	fmt.Println(ok, res.Status)
	// Output:
	// true private
	// false 400
}

// A token in a form, for a page without scripts. The handler reads the form as if
// nobody had looked into it.
func ExampleFormSource() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys:    key,
		Sources: []core.Source{core.HeaderSource{}, core.FormSource{}},
	})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/orders", strings.NewReader("item=7&access_token="+issued.Token))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, _, ok := auth.Require()(core.FromHTTP(r))
	fmt.Println(ok, r.FormValue("item"))
	// Output: true 7
}

// The same in a member of a JSON object.
func ExampleJSONSource() {
	find := core.Lookup(core.JSONSource{Name: "token"})
	r := httptest.NewRequest("POST", "/orders", strings.NewReader(`{"item":7,"token":"x.y.z"}`))
	r.Header.Set("Content-Type", "application/json")
	c, err := find(core.FromHTTP(r))
	body, _ := io.ReadAll(r.Body)
	fmt.Println(c.Token, err, string(body))
	// Output: x.y.z <nil> {"item":7,"token":"x.y.z"}
}
