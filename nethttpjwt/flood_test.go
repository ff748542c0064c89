package nethttpjwt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// TestLogUnderFlood: strangers do not decide how long the log is. At the default level
// of a server that is flooded there are a few lines, and each request is in a number.
func TestLogUnderFlood(t *testing.T) { synctest.Test(t, testLogUnderFlood) } // all in one minute, however long it takes

func testLogUnderFlood(t *testing.T) {
	var out bytes.Buffer // slog's handlers lock
	log := core.LogObserver(slog.New(slog.NewJSONHandler(&out, nil)))
	auth := core.Must(core.Config[string]{
		Keys: jwttest.Secret(), Observer: log,
		Rules: core.ClaimRules{Issuer: "https://shop.example.com", Audience: []string{"shop"}}, Audience: []string{"shop"},
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			switch c.Username {
			case "outage":
				return "", core.Unavailable
			case "defect":
				return "", errors.New("boom")
			}
			return "", nil
		},
	})
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, auth.Routes()...)
	mux.Handle("/", nethttpjwt.Require(auth)(http.NotFoundHandler()))

	claims := core.Payload{"iss": "https://shop.example.com", "aud": "shop", "sub": "joe"}
	tokens := []string{"", "garbage", "a.b.c", jwttest.Mint(t, jwttest.Secret(), claims, jwttest.Expired()), jwttest.Mint(t, jwttest.RSA(), claims)}
	const clients, rounds = 8, 25
	requests := clients * rounds * (len(tokens) + 3)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			call := func(method, path, token, body string) {
				r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				mux.ServeHTTP(httptest.NewRecorder(), r)
			}
			for range rounds {
				for _, token := range tokens {
					call("GET", "/some/path", token, "")
				}
				for _, name := range []string{"nobody", "outage", "defect"} {
					call("POST", "/auth", "", `{"username":"`+name+`","password":"x"}`)
				}
			}
		})
	}
	all.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var sum struct {
		Msg, Level string
		Total      int
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil || sum.Msg != "jwtgate refusals" || sum.Level != "ERROR" || sum.Total != requests {
		t.Errorf("got %+v, %v, want %d refusals", sum, err, requests)
	}
	// New's, one of each of at most five kinds of tokens, of the login one, ten and ten, and the number.
	if most := 1 + 5 + 1 + 10 + 10 + 1; len(lines) > most {
		t.Errorf("%d requests made %d lines, want at most %d", requests, len(lines), most)
	}
}
