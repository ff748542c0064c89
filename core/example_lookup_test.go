package core_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// A browser cannot set Authorization on a WebSocket, but it can name
// subprotocols: new WebSocket(url, ["app", "bearer." + token]). A cookie it sends
// with the handshake unasked, whichever page opens it, so CookieSource wants the
// handshake to prove where it comes from.
func ExampleLookupHandler() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	socket := core.SourceFunc(func(r core.Request) (core.Credential, error) {
		for _, line := range r.Header("Sec-Websocket-Protocol") {
			for _, name := range strings.Split(line, ",") {
				if token, ok := strings.CutPrefix(strings.TrimSpace(name), "bearer."); ok {
					return core.Credential{Token: token}, nil
				}
			}
		}
		return core.Credential{}, core.MissingToken
	})
	lookup := core.Lookup(core.HeaderSource{}, socket)
	auth, err := core.New(core.Config[string]{
		Keys: key,
		// Sources: []core.Source{HeaderSource{}, socket} would do. A LookupHandler
		// can also look at the request first.
		Lookup: func(r core.Request) (core.Credential, error) {
			if r.Scheme() != "https" && !strings.HasPrefix(r.RemoteAddr(), "127.0.0.1:") {
				return core.Credential{}, core.BadRequest
			}
			return lookup(r)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	for _, url := range []string{"https://api.example.com/socket", "http://api.example.com/socket"} {
		r := httptest.NewRequest("GET", url, nil)
		r.Header.Set("Sec-WebSocket-Protocol", "app, bearer."+issued.Token)
		ctx, res, ok := auth.Require()(core.FromHTTP(r))
		who, _ := core.Identity[string](ctx)
		fmt.Println(ok, who, res.Status)
	}
	// Output:
	// true joe 0
	// false  400
}
