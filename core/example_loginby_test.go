package core_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// A login by a one-time code, in a body of its own. Throttle is asked, the Observer is
// told and the answer is made as at the built-in login.
func ExampleAuth_LoginBy() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys:     key,
		Observer: tellActions{},
		Throttle: func(context.Context, core.Credentials) (func(context.Context, error), error) { return nil, nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	body := core.LoginConfig{UsernameField: "phone", PasswordField: "code"}
	otp := func(r core.Request) core.Response {
		return auth.LoginBy(r, body.Read, func(_ context.Context, c core.Credentials) (string, error) {
			if c.Password != "271828" { // compare with what was sent, in constant time, and once
				return "", core.BadCredentials
			}
			return c.Username, nil
		}, core.Payload{"amr": []string{"otp"}})
	}
	for _, code := range []string{"271828", "314159"} {
		r := httptest.NewRequest("POST", "/otp", strings.NewReader(`{"phone":"+41 44 668 18 00","code":"`+code+`"}`))
		r.Header.Set("Content-Type", "application/json")
		fmt.Println(otp(core.FromHTTP(r)).Status)
	}
	// Output:
	// observed start ok
	// observed login ok
	// 200
	// observed login bad_credentials
	// 401
}

// tellActions is an Observer.
type tellActions struct{}

func (tellActions) Observe(_ context.Context, e core.Event) {
	fmt.Println("observed", e.Action, e.Kind)
}

// The built-in login, of a form too. Further fields are for Decode.
func ExampleLoginConfig_Read() {
	read := core.LoginConfig{Form: true}.Read
	r := httptest.NewRequest("POST", "/auth", strings.NewReader("username=joe&password=pass&tenant=shop"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c, err := read(core.FromHTTP(r))
	if err != nil {
		log.Fatal(err)
	}
	var more struct {
		Tenant string `json:"tenant"`
	}
	fmt.Println(c.Username, c.Decode(&more), more.Tenant)
	// Output: joe <nil> shop
}

// One Auth for browsers and programs: the login says how its tokens are delivered, and
// its session keeps that.
func ExampleSessionCookies() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	auth, err := core.New(core.Config[string]{
		Keys:         key,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) { return c.Username, nil },
		Renew:        func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
		Sessions: core.SessionConfig{Store: store, Realm: "shop", Cookies: &core.SessionCookies{
			Delivery: func(c core.Credentials) sessions.Delivery {
				var login struct {
					Client   string `json:"client"`
					Remember bool   `json:"remember"`
				}
				switch err := c.Decode(&login); {
				case err == nil && login.Client == "native":
					return sessions.InBody
				case err == nil && login.Remember:
					return sessions.InCookies
				}
				return sessions.InSessionCookies
			},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, more := range []string{`"client":"native"`, `"remember":true`, `"remember":false`} {
		r := httptest.NewRequest("POST", "https://shop.example/auth", strings.NewReader(`{"username":"joe","password":"pass",`+more+`}`))
		r.Header.Set("Content-Type", "application/json")
		res := auth.Login(core.FromHTTP(r))
		cookies := res.Header["Set-Cookie"]
		fmt.Println(more, strings.Contains(string(res.Body), "refresh_token"), len(cookies), strings.Contains(strings.Join(cookies, ""), "Max-Age"))
	}
	// Output:
	// "client":"native" true 0 false
	// "remember":true false 2 true
	// "remember":false false 2 false
}
