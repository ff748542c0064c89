package connectjwt_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestTransport: the token of each call arrives, in every protocol, and what Fetch says
// is the call's code.
func TestTransport(t *testing.T) {
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret()})
	gate := connectjwt.Require(auth)
	for protocol, option := range protocols {
		for _, way := range ways {
			server := httptest.NewUnstartedServer(gate(way.handler(func(context.Context) {})))
			server.EnableHTTP2 = true
			server.StartTLS()
			var says error
			transport, err := connectjwt.NewTransport(connectjwt.ClientConfig{Fetch: func(ctx context.Context) (string, time.Time, error) {
				if says != nil {
					return "", time.Time{}, says
				}
				issued, err := auth.Issue(ctx, core.Moment{}, "joe")
				return issued.Token, time.Now(), err // so that each call needs one
			}}, server.Client().Transport)
			if err != nil {
				t.Fatal(err)
			}
			client := connect.NewClient[empty, empty](&http.Client{Transport: transport}, server.URL+procedure+way.name, option)
			for name, tt := range map[string]struct {
				says error
				want connect.Code
			}{
				"a token":              {nil, 0},
				"the provider is down": {errors.New("dial tcp: refused"), connect.CodeUnavailable},
				"the provider says no": {fmt.Errorf("login: %w", connect.NewError(connect.CodePermissionDenied, errors.New("no"))), connect.CodePermissionDenied},
			} {
				says = tt.says
				if err := way.call(t.Context(), client, http.Header{}); (err != nil) != (tt.want != 0) || err != nil && connect.CodeOf(err) != tt.want {
					t.Errorf("%s, %s, %s: got %v", protocol, way.name, name, err)
				}
			}
			says = nil
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if err := way.call(gone, client, http.Header{}); connect.CodeOf(err) != connect.CodeCanceled {
				t.Errorf("%s, %s, who does not wait: got %v", protocol, way.name, err)
			}
			server.Close()
		}
	}
}

// TestTLSOnly: no token goes over a connection without TLS, or where a redirect leads.
func TestTLSOnly(t *testing.T) {
	fetched := 0
	transport, err := connectjwt.NewTransport(connectjwt.ClientConfig{Fetch: func(context.Context) (string, time.Time, error) {
		fetched++
		return "secret", time.Time{}, nil
	}}, trusting(t))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: transport}
	var seen []string
	see := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Get("Authorization")) })
	plain, elsewhere := httptest.NewServer(see), httptest.NewTLSServer(see)
	defer plain.Close()
	defer elsewhere.Close()
	call := connect.NewClient[empty, empty](client, plain.URL+procedure+"Unary")
	if _, err := call.CallUnary(t.Context(), connect.NewRequest(&empty{})); connect.CodeOf(err) != connect.CodeUnauthenticated || fetched != 0 || seen != nil {
		t.Errorf("without TLS: got %v, %d fetches, seen %q", err, fetched, seen)
	}
	for _, to := range []string{plain.URL, elsewhere.URL} {
		seen = nil
		leads := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			see(w, r)
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}))
		r, err := http.NewRequestWithContext(t.Context(), "GET", leads.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if len(seen) != 2 || seen[0] != "Bearer secret" || seen[1] != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("a redirect: got %q", seen)
		}
		leads.Close()
	}
	if _, err := connectjwt.NewTransport(connectjwt.ClientConfig{}, nil); err == nil || !strings.HasPrefix(err.Error(), "connectjwt: ClientConfig: Fetch is missing") {
		t.Errorf("got %v", err)
	}
}

// trusting takes the certificates of httptest's servers, which are all one.
func trusting(t *testing.T) http.RoundTripper {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.Client().Transport
}

func ExampleNewTransport() {
	transport, err := connectjwt.NewTransport(connectjwt.ClientConfig{
		Fetch: func(context.Context) (string, time.Time, error) { // a login, an exchange of a refresh token
			return "eyJ…", time.Now().Add(5 * time.Minute), nil
		},
	}, nil)
	fmt.Println(err)
	_ = &http.Client{Transport: transport} // for greetv1connect.NewGreetServiceClient
	// Output: <nil>
}
