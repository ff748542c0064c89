package core_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/logins"
)

// Behind a proxy the peer is the proxy. What it reports is believed only if it is
// ours, and then up to the last address that is not.
func ExampleForwardedFor() {
	client, err := logins.ForwardedFor("10.0.0.0/8")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := logins.NewLimiter(logins.Limits{Client: client}); err != nil {
		log.Fatal(err)
	}
	for _, from := range [][2]string{
		{"10.0.0.1:4711", "203.0.113.7"},
		{"10.0.0.1:4711", "198.51.100.1, 203.0.113.7, 10.0.0.2"}, // the first was the client's own invention
		{"192.0.2.9:4711", "203.0.113.7"},                        // not our proxy
		{"10.0.0.1:4711", "nonsense"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/auth", nil)
		r.RemoteAddr = from[0]
		r.Header.Set("X-Forwarded-For", from[1])
		fmt.Println(client(core.FromHTTP(r)))
	}
	// Output:
	// 203.0.113.7
	// 203.0.113.7
	// 192.0.2.9
	// 10.0.0.1
}
