package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/jwttest"
)

// redisThatSays is a Redis of this version and policy, behind a password.
func redisThatSays(t *testing.T, version, policy string) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewScanner(conn)
				for in.Scan() {
					answer := ""
					switch strings.TrimSpace(in.Text()) {
					case "secret":
						_, _ = fmt.Fprint(conn, "+OK\r\n")
					case "wrong":
						_, _ = fmt.Fprint(conn, "-WRONGPASS no\r\n")
					case "server":
						answer = "# Server\r\nredis_version:" + version + "\r\n"
					case "memory":
						answer = "maxmemory_policy:" + policy + "\r\n"
					case "persistence":
						answer = "aof_enabled:1\r\n"
					}
					if answer != "" {
						_, _ = fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(answer), answer)
					}
				}
			}()
		}
	}()
	return "redis://:secret@" + ln.Addr().String()
}

// clockThat is a web server whose clock is that far ahead.
func clockThat(t *testing.T, ahead time.Duration) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// failing is a web server that answers with a status.
func failing(t *testing.T, status int) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(s.Close)
	return s.URL
}

// TestDoctorAsksEachInItsTime: a provider that hangs leaves time for the rest.
func TestDoctorAsksEachInItsTime(t *testing.T) {
	if os.Getenv("JWTGATE_NIGHTLY") == "" {
		t.Skip("it waits for ten seconds; the night has them")
	}
	hangs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hangs.Close()
	out, told, status := newCLI(t).call([]string{"JWT_OIDC_ISSUER=" + hangs.URL, "JWT_AUDIENCE=x"}, "",
		"doctor -clock "+clockThat(t, 0)+" -redis "+redisThatSays(t, "7.0.15", "noeviction"))
	for _, want := range []string{"provider     unknown", "clock        ok", "redis        ok"} {
		if !strings.Contains(out, want) || status != 3 {
			t.Errorf("%d, want %s: %s%s", status, want, out, told)
		}
	}
}

// TestDoctor: each check says yes, no and that it cannot say.
func TestDoctor(t *testing.T) {
	bin, dir := build(t), t.TempDir()
	if out, err := exec.Command(bin, "keys", "new", filepath.Join(dir, "key.pem")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	key := "JWT_SECRET_KEY_FILE=" + filepath.Join(dir, "key.pem")
	provider, down := jwttest.NewIssuerServer(t), jwttest.NewIssuerServer(t)
	down.Down()
	oidc := func(url string) []string { return []string{"JWT_OIDC_ISSUER=" + url, "JWT_AUDIENCE=orders"} }
	for _, tt := range []struct {
		name    string
		env     []string
		args    []string
		check   string // "name state"
		words   string
		status  int
		nothing string // what must not be printed
	}{
		{"nothing is set", nil, nil, "settings fail", "JWT_", 1, ""},
		{"a misspelt name", []string{"JWT_AUDIENSE=x"}, nil, "settings fail", "JWT_AUDIENCE", 1, ""},
		{"no key", []string{"JWT_AUDIENCE=x"}, nil, "keys fail", "names none", 1, ""},
		{"a key", []string{key}, nil, "keys ok", "RS256", 0, "PRIVATE"},
		{"a short secret", []string{"JWT_SECRET_KEY=hunter2"}, nil, "settings fail", "JWT_SECRET_KEY", 1, "hunter2"},
		{"a provider", oidc(provider.URL()), nil, "provider ok", provider.URL(), 0, ""},
		{"a provider's clock", oidc(provider.URL()), nil, "clock ok", "within 2 s", 0, ""},
		{"a provider that is down", oidc(down.URL()), nil, "provider unknown", down.URL(), 3, ""},
		{"a provider without an audience", oidc(provider.URL())[:1], nil, "settings fail", "Audience", 1, ""},
		{"another issuer", oidc(strings.Replace(provider.URL(), "127.0.0.1", "localhost", 1)), nil, "provider fail", "issuer", 1, ""},
		{"a clock", []string{key}, []string{"-clock", clockThat(t, 0)}, "clock ok", "within 2 s", 0, ""},
		{"a clock that is a little ahead", []string{key}, []string{"-clock", clockThat(t, 10*time.Second)}, "clock warn", "behind", 0, ""},
		{"a clock that is far behind", []string{key}, []string{"-clock", clockThat(t, -time.Hour)}, "clock fail", "ahead of", 1, ""},
		{"no clock", []string{key}, []string{"-clock", "nowhere"}, "clock unknown", "", 3, ""},
		{"Redis", []string{key}, []string{"-redis", redisThatSays(t, "7.0.15", "noeviction")}, "redis ok", "noeviction", 0, "secret"},
		{"Redis by its variable", []string{key, "REDIS_URL=" + redisThatSays(t, "7.0.15", "noeviction")}, nil, "redis ok", "7.0.15", 0, "secret"},
		{"Redis that forgets", []string{key}, []string{"-redis", redisThatSays(t, "7.0.15", "allkeys-lru")}, "redis fail", "allkeys-lru", 1, ""},
		{"an old Redis", []string{key}, []string{"-redis", redisThatSays(t, "3.2.1", "noeviction")}, "redis fail", "3.2.1", 1, ""},
		{"another password", []string{key}, []string{"-redis", strings.Replace(redisThatSays(t, "7.0.15", "noeviction"), "secret", "wrong", 1)}, "redis unknown", "WRONGPASS", 3, "wrong@"},
		{"no Redis", []string{key}, []string{"-redis", "redis://u:secret@127.0.0.1:1"}, "redis unknown", "127.0.0.1:1", 3, "secret"},
		{"a provider that fails", oidc(failing(t, 503)), nil, "provider unknown", "503", 3, ""},
		{"a provider that is another page", oidc(failing(t, 404)), nil, "provider fail", "404", 1, ""},
		{"a clock with a password", []string{key}, []string{"-clock", "http://u:secret%zz@127.0.0.1:1/"}, "clock unknown", "no URL", 3, "secret"},
		{"a password as it is", []string{key}, []string{"-redis", "redis://u:99#secret@127.0.0.1:1"}, "redis fail", "%23", 1, "99"},
		{"a password with a slash", []string{key}, []string{"-redis", "redis://u:99/secret@127.0.0.1:1"}, "redis fail", "%2F", 1, "99"},
		{"a password with a mark", []string{key}, []string{"-redis", "redis://u:99?secret@127.0.0.1:1"}, "redis fail", "%3F", 1, "99"},
		{"a short secret that is let pass", []string{"JWT_SECRET_KEY=hunter2", "JWT_INSECURE_SHORT_SECRET=1"}, nil, "posture warn", "JWT_INSECURE_SHORT_SECRET", 0, "hunter2"},
		{"no dates", []string{key, "JWT_VERIFY_CLAIMS=signature"}, nil, "posture warn", "add nbf to JWT_VERIFY_CLAIMS", 0, ""},
		{"tokens in URLs", []string{key, "JWT_TOKEN_LOCATION=query_string"}, nil, "posture warn", "JWT_TOKEN_LOCATION", 0, ""},
		{"a cookie of any name", []string{key, "JWT_TOKEN_LOCATION=cookies", "JWT_ACCESS_COOKIE_NAME=token", "JWT_INSECURE_COOKIE_NAME=1"}, nil, "posture warn", "JWT_INSECURE_COOKIE_NAME", 0, ""},
		{"another prefix", []string{"APP_SECRET_KEY_FILE=" + filepath.Join(dir, "key.pem")}, []string{"-prefix", "APP_"}, "posture warn", "set APP_AUDIENCE", 0, "JWT_"},
		{"no URL", []string{key}, []string{"-redis", "secret"}, "redis fail", "redis://", 1, "secret"},
	} {
		cmd := exec.Command(bin, append([]string{"doctor", "-o", "json"}, tt.args...)...)
		cmd.Env = append([]string{"HOME=/", "NO_PROXY=*"}, tt.env...)
		out, _ := cmd.CombinedOutput()
		var got struct {
			Checks []struct{ Check, State, Found, Fix string }
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Errorf("%s: %v: %s", tt.name, err, out)
			continue
		}
		found := false
		for _, c := range got.Checks {
			if (c.State == "ok") != (c.Fix == "") {
				t.Errorf("%s: %s of %s, to mend: %q", tt.name, c.State, c.Found, c.Fix)
			}
			found = found || c.Check+" "+c.State == tt.check && strings.Contains(c.Found+c.Fix, tt.words)
		}
		if status := cmd.ProcessState.ExitCode(); !found || status != tt.status {
			t.Errorf("%s: status %d, want %d and %s with %q:\n%s", tt.name, status, tt.status, tt.check, tt.words, out)
		}
		if tt.nothing != "" && strings.Contains(string(out), tt.nothing) {
			t.Errorf("%s: it prints %q:\n%s", tt.name, tt.nothing, out)
		}
	}
	if runtime.GOOS != "windows" { // where modes say nothing
		if err := os.Chmod(filepath.Join(dir, "key.pem"), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(bin, "doctor")
		cmd.Env = []string{key}
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "chmod 600") {
			t.Errorf("a key for everybody: %v\n%s", err, out)
		}
	}
}
