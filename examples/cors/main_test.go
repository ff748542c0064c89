package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

const (
	ours  = "https://app.example.com"
	other = "https://evil.example"
)

// preflight is what a browser sends before a request with Authorization.
var preflight = []string{"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"}

func TestCORSBeforeTheGate(t *testing.T) {
	auth, err := newAuth()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	bearer := []string{"Authorization", "Bearer " + issued.Token}
	for name, newServer := range frameworks {
		t.Run(name, func(t *testing.T) {
			base := serve(t, newServer(auth, []string{ours}))
			for _, tt := range []struct {
				name, method, path, origin string
				fields                     []string
				status                     int
				allowed                    bool // a script of the page may read the answer
			}{
				{"a preflight", "OPTIONS", "/me", ours, preflight, 204, true},
				{"a preflight of the login", "OPTIONS", "/auth", ours, preflight, 204, true},
				{"a preflight from elsewhere", "OPTIONS", "/me", other, preflight, 204, false},
				{"a preflight with a token runs no handler", "OPTIONS", "/me", ours, append(bearer, preflight...), 204, true},
				{"the request", "GET", "/me", ours, bearer, 200, true},
				{"without a token, and the page can read why", "GET", "/me", ours, nil, 401, true},
				{"with a bad token, and the page can read why", "GET", "/me", ours, []string{"Authorization", "Bearer x"}, 401, true},
				{"from elsewhere", "GET", "/me", other, bearer, 200, false},
				{"no page at all", "GET", "/me", "", bearer, 200, false},
				{"no page, no token", "GET", "/me", "", nil, 401, false},
				{"an origin that begins like ours", "GET", "/me", ours + ".evil.example", bearer, 200, false},
			} {
				res, body := call(t, tt.method, base+tt.path, tt.origin, tt.fields)
				got := res.Header.Get("Access-Control-Allow-Origin")
				if want := map[bool]string{true: ours}[tt.allowed]; res.StatusCode != tt.status || got != want {
					t.Errorf("%s: got %d, Access-Control-Allow-Origin %q, want %d, %q (body %q)", tt.name, res.StatusCode, got, tt.status, want, body)
				}
				if vary := strings.Join(res.Header["Vary"], ","); !strings.Contains(vary, "Origin") {
					t.Errorf("%s: Vary is %q, so a cache would mix the pages up", tt.name, vary)
				}
				if tt.status == 204 {
					if body != "" {
						t.Errorf("%s: a handler answered %q", tt.name, body)
					}
					headers := strings.ToLower(res.Header.Get("Access-Control-Allow-Headers"))
					if methods := res.Header.Get("Access-Control-Allow-Methods"); tt.allowed && (!strings.Contains(methods, "DELETE") || !strings.Contains(headers, "authorization")) {
						t.Errorf("%s: allows %q, %q", tt.name, methods, headers)
					}
				}
				if tt.status == 401 && !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer ") {
					t.Errorf("%s: no challenge", tt.name)
				}
			}
			// OPTIONS that is no preflight is a request like others: what the router
			// makes of it differs, but the handler does not run without a token.
			if _, body := call(t, "OPTIONS", base+"/me", ours, nil); strings.Contains(body, `"user"`) {
				t.Errorf("OPTIONS without a token reached the handler: %q", body)
			}
		})
	}
}

func serve(t *testing.T, s server) (base string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	t.Cleanup(func() {
		_ = s.Shutdown(context.Background())
		<-ended
	})
	return "http://" + listener.Addr().String()
}

func call(t *testing.T, method, url, origin string, fields []string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// The login works from the page too, and what is wrong with it can be read.
func TestLoginFromThePage(t *testing.T) {
	auth, err := newAuth()
	if err != nil {
		t.Fatal(err)
	}
	for name, newServer := range frameworks {
		base := serve(t, newServer(auth, []string{ours}))
		for body, want := range map[string]int{`{"username":"joe","password":"pass"}`: 200, `{"username":"joe","password":"x"}`: 401} {
			r, err := http.NewRequest("POST", base+"/auth", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", ours)
			r.Header.Set("Content-Type", "application/json")
			r.Close = true
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want || res.Header.Get("Access-Control-Allow-Origin") != ours {
				t.Errorf("%s, %s: got %d, %v, want %d", name, body, res.StatusCode, res.Header, want)
			}
		}
	}
}
