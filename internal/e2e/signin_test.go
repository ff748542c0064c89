package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestSignIn signs in on the page of jwtgate serve, which has no script, for clients
// under all names of this machine: the browser follows the redirect after the form to
// the client, and from there to wherever the client leads, another origin again.
func TestSignIn(t *testing.T) {
	needChromium(t)
	var told struct{ Issuers []struct{ Issuer string } }
	if err := json.NewDecoder(run(t, "jwtgate", "serve", "-addr", "127.0.0.1:0", "-o", "json")).Decode(&told); err != nil {
		t.Fatal(err)
	}
	issuer := told.Issuers[0].Issuer
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<p id=who>%s", html.EscapeString(r.URL.Query().Get("claims")))
	}))
	t.Cleanup(home.Close) // after the parallel tests
	for _, host := range []string{"127.0.0.1", "localhost", "app.localhost", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			app := client(t, issuer, host, local(home))
			p := newPerson(t, "client-"+strings.Trim(host, "[:]"))
			p.open(app + "/sign-in")
			p.sees("h1", "Sign in")
			p.like(375, host == "localhost")
			p.fits()
			p.picture("sign-in-" + p.name)
			p.click("[name=deny]")
			p.sees("#no", "access_denied")

			p.open(app + "/sign-in")
			p.sees("h1", "Sign in")
			p.write("[name=claims]", `{"roles":`)
			p.write("[name=username]", "ann\r") // with the key, as one does
			p.sees("[role=alert]", "The claims are no JSON object.")
			p.write("[name=claims]", `{"roles": ["clerk"]}`)
			p.click("button")
			p.sees("#who", `"roles":["clerk"],"sub":"ann"`)
		})
	}
}

// client serves an application that signs in through the issuer (RFC 6749 section 4.1,
// with the proof of RFC 7636) and then leads home, and returns its URL under that name
// of this machine.
func client(t *testing.T, issuer, host, home string) string {
	network, addr := "tcp4", "127.0.0.1:0"
	if host == "[::1]" {
		network, addr = "tcp6", "[::1]:0"
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Skip(err) // a machine without IPv6
	}
	var app string
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
	mux := http.NewServeMux()
	mux.HandleFunc("/sign-in", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, issuer+"/authorize?"+url.Values{"response_type": {"code"}, "client_id": {"shop"}, "redirect_uri": {app + "/callback"},
			"state": {"a state"}, "scope": {"openid"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		q := r.URL.Query()
		if q.Get("error") != "" {
			fmt.Fprintf(w, "<p id=no>%s", html.EscapeString(q.Get("error")))
			return
		}
		form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"shop"}, "redirect_uri": {app + "/callback"}, "code_verifier": {verifier}, "code": {q.Get("code")}}
		res, err := http.PostForm(issuer+"/token", form)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		var tokens struct {
			ID string `json:"id_token"`
		}
		if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil || tokens.ID == "" || q.Get("state") != "a state" || q.Get("iss") != issuer {
			t.Errorf("after %s: %d, %v", r.URL, res.StatusCode, err)
			return
		}
		payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(tokens.ID, ".")[1])
		http.Redirect(w, r, home+"/?"+url.Values{"claims": {string(payload)}}.Encode(), http.StatusSeeOther)
	})
	s := &httptest.Server{Listener: ln, Config: &http.Server{Handler: mux}}
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	app = "http://" + host + ":" + port
	return app
}
