package main

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// The preset on all frameworks, called as the clients of a Flask application do.
func TestFlaskPreset(t *testing.T) {
	key, err := keys.NewSecret([]byte(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	of := func(id any) string { return jwttest.Mint(t, key, core.Payload{"identity": id}) }
	const invalid = `{"description":"Invalid credentials","error":"Bad Request","status_code":401}`
	for _, framework := range names {
		for _, secret := range []string{"JWT_SECRET_KEY=" + testSecret, "SECRET_KEY=" + testSecret} {
			t.Run(framework+" "+strings.Split(secret, "=")[0], func(t *testing.T) {
				_, base := startPreset(t, framework, true, secret)
				found := regexp.MustCompile(`^{"access_token":"([^"]+)"}\n$`).FindStringSubmatch(flaskCall(t, base, "POST", "/auth", "", joe, 200))
				if found == nil {
					t.Fatal("the login answered with something else than access_token alone")
				}
				for _, tt := range []struct {
					name, method, path, authorization, body string
					status                                  int
					want                                    string
				}{
					{"protected", "GET", "/protected", "JWT " + found[1], "", 200, "success"},
					{"a token from before", "GET", "/protected", "jwt " + of(2), "", 200, "success"},
					{"no token", "GET", "/protected", "", "", 401, `{"description":"Request does not contain an access token","error":"Authorization Required","status_code":401}`},
					{"another scheme", "GET", "/protected", "Bearer " + found[1], "", 401, `{"description":"Unsupported authorization type","error":"Invalid JWT header","status_code":401}`},
					{"nobody's id", "GET", "/protected", "JWT " + of(3), "", 401, `{"description":"User does not exist","error":"Invalid JWT","status_code":401}`},
					{"no id", "GET", "/protected", "JWT " + of("1"), "", 401, `{"description":"User does not exist","error":"Invalid JWT","status_code":401}`},
					{"wrong password", "POST", "/auth", "", `{"username":"joe","password":"x"}`, 401, invalid},
					{"one member more", "POST", "/auth", "", `{"username":"joe","password":"pass","x":1}`, 401, invalid},
					{"DELETE", "DELETE", "/protected", "JWT " + found[1], "", 405, `{"description":"This endpoint does not answer this method","error":"Method Not Allowed","status_code":405}`},
				} {
					if got := flaskCall(t, base, tt.method, tt.path, tt.authorization, tt.body, tt.status); strings.TrimSpace(got) != tt.want {
						t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
					}
				}
			})
		}
	}
}

func flaskCall(t *testing.T, base, method, path, authorization, body string, status int) string {
	t.Helper()
	r, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status {
		t.Errorf("%s %s: got %d %s, want %d", method, path, res.StatusCode, got, status)
	}
	return string(got)
}

func TestFlaskPresetOpen(t *testing.T) {
	_, base := startPreset(t, "gin", true)
	if got := flaskCall(t, base, "GET", "/open", "", "", 200); !strings.Contains(got, `"anonymous":true`) {
		t.Errorf("got %s", got)
	}
}

// A public key alone: there is no login here, as without the preset.
func TestFlaskPresetVerifies(t *testing.T) {
	s, base := startPreset(t, "echo", true, "JWT_PUBLIC_KEY_FILE=../../core/testdata/keys/rsa-spki.pem")
	flaskCall(t, base, "POST", "/auth", "", joe, 404)
	key, err := keys.Load("../../core/testdata/keys/rsa-pkcs8.pem")
	if err != nil {
		t.Fatal(err)
	}
	flaskCall(t, base, "GET", "/protected", "JWT "+jwttest.Mint(t, key, core.Payload{"identity": 1}), "", 200)
	if len(s.auth.Routes()) != 0 {
		t.Error("it has a login")
	}
}

func TestFlaskPresetGuide(t *testing.T) {
	s, err := newService(true, nil, slog.New(slog.DiscardHandler), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	var guide bytes.Buffer
	s.guide(&guide, "gin", &net.TCPAddr{IP: net.IPv6zero, Port: 80})
	for _, want := range []string{"made for this run", "success, with a valid token", `-d '{"username":"joe","password":"pass"}'`, `-H "Authorization: JWT $TOKEN"`} {
		if got := guide.String(); !strings.Contains(got, want) {
			t.Errorf("got %s, want %q in it", got, want)
		}
	}
}
