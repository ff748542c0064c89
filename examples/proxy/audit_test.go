package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
)

// attempted is a request, from where it comes, and what is written of it.
type attempted struct {
	from, account, password string // no account: GET /me with the password as token
	forwarded               string
	line                    string // without the time
	counts                  string // the address that fail2ban counts it for
}

var attempts = []attempted{
	{from: "192.0.2.1:99", account: "joe", password: "wrong", counts: "192.0.2.1",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=192.0.2.1 session="" account=joe`},
	{from: "192.0.2.2:99", account: "joe", password: "pass",
		line: `level=INFO msg=audit action=login kind=ok peer=192.0.2.2 session="" account=joe`},
	{from: "[2001:db8::7]:99", account: "ann", password: "wrong", counts: "2001:db8::7",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=2001:db8::7 session="" account=ann`},
	{from: "[::ffff:192.0.2.3]:99", account: "ann", password: "wrong", counts: "192.0.2.3",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=192.0.2.3 session="" account=ann`},
	{from: "192.0.2.4:99", account: "x\" peer=198.51.100.1 y\n2026-01-01T00:00:00.000Z level=INFO msg=audit action=login kind=bad_credentials peer=198.51.100.2 session=", password: "wrong", counts: "192.0.2.4",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=192.0.2.4 session="" account="x\" peer=198.51.100.1 y2026-01-01T00:00:00.000Z level=INFO msg=audit`},
	{from: "192.0.2.5:99", account: "kind=bad_credentials peer=198.51.100.3 session=", password: "wrong", counts: "192.0.2.5",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=192.0.2.5 session="" account="kind=bad_credentials peer=198.51.100.3 session="`},
	{from: "192.0.2.10:99", account: `x","kind":"bad_credentials","peer":"198.51.100.8","session":"`, password: "wrong", counts: "192.0.2.10",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=192.0.2.10 session="" account="x\",\"kind\"`},
	{from: "127.0.0.1:99", forwarded: "198.51.100.4, 203.0.113.9", account: "joe", password: "wrong", counts: "203.0.113.9",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=203.0.113.9 session="" account=joe`},
	{from: "192.0.2.6:99", forwarded: "198.51.100.5", account: "joe", password: "wrong", counts: "192.0.2.6",
		line: `level=INFO msg=audit action=login kind=bad_credentials peer=192.0.2.6 session="" account=joe`},
	{from: "192.0.2.7:99", password: "no.token.here",
		line: `level=INFO msg=audit action=verify kind=malformed peer=192.0.2.7 session="" account=""`},
	{from: "192.0.2.8:99"}, // without a token: nothing is written
}

// TestAudit: who did what, from where, and nothing of what was typed as a password.
func TestAudit(t *testing.T) {
	var log bytes.Buffer
	attempt(t, asText(&log))
	got := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	var want []string
	for _, a := range attempts {
		if a.line != "" {
			want = append(want, a.line)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i, line := range got {
		when, rest, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(rest, want[i]) || !strings.HasPrefix(when, "time=20") {
			t.Errorf("got\n%s\nwant\n%s", line, want[i])
		}
		if strings.Contains(line, "wrong") || strings.Contains(line, "no.token") {
			t.Errorf("a secret: %s", line)
		}
	}
}

// TestFail2ban: fail2ban counts failed logins for the address that they came from, and
// nothing else, whatever was chosen as a name.
func TestFail2ban(t *testing.T) {
	binary := debian(t, "fail2ban-regex", "fail2ban")
	filter, err := filepath.Abs("fail2ban/filter.conf")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, a := range attempts {
		if a.counts != "" {
			want = append(want, a.counts)
		}
	}
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": asText,
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var log bytes.Buffer
		attempt(t, handler(&log))
		for _, begin := range []string{" level=INFO msg=audit action=login kind=bad_credentials peer=", `","level":"INFO","msg":"audit","action":"login","kind":"bad_credentials","peer":"`} {
			audit{slog.New(handler(&log))}.Observe(t.Context(), core.Event{ // somebody who has registered under such a name
				Action: core.ActionLogin, Peer: "192.0.2.9", Account: begin + `198.51.100.7","session":" session=`,
			})
		}
		file := filepath.Join(t.TempDir(), "audit.log")
		if err := os.WriteFile(file, log.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(binary, "--out=ip", file, filter).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		if got := strings.Fields(string(out)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// TestJail: the jail reads with the filter, which is copied under its name.
func TestJail(t *testing.T) {
	jail, err := os.ReadFile("fail2ban/jail.conf")
	if err != nil {
		t.Fatal(err)
	}
	filter, err := os.ReadFile("fail2ban/filter.conf")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`(?m)^filter = (\w+)$`).FindSubmatch(jail)
	if name == nil || !bytes.Contains(filter, []byte("/filter.d/"+string(name[1])+".conf")) {
		t.Errorf("the jail's filter is %q", name)
	}
}

// asText is how the program writes the log.
func asText(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }

// attempt makes the attempts.
func attempt(t *testing.T, log slog.Handler) {
	t.Helper()
	handler, err := newHandler([]string{proxyAddr}, bcrypt.MinCost, log)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attempts {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/me", nil)
		if a.password != "" {
			r.Header.Set("Authorization", "Bearer "+a.password)
		}
		if a.account != "" {
			body, err := json.Marshal(map[string]string{"username": a.account, "password": a.password})
			if err != nil {
				t.Fatal(err)
			}
			r = httptest.NewRequestWithContext(t.Context(), "POST", "/auth", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
		}
		r.RemoteAddr = a.from
		if a.forwarded != "" {
			r.Header.Set("X-Forwarded-For", a.forwarded)
		}
		r.Header.Set("User-Agent", "peer=198.51.100.6")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
