package main_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// served runs jwtgate serve on a free port until the test ends, and returns what it
// says there is to try.
func served(t *testing.T, args ...string) (tries []map[string]string, cmd *exec.Cmd) {
	t.Helper()
	cmd = exec.Command(build(t), append([]string{"serve", "-addr", "127.0.0.1:0", "-o", "json"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	var told struct{ Issuers []map[string]string }
	if err := json.NewDecoder(out).Decode(&told); err != nil {
		t.Fatal(err)
	}
	return told.Issuers, cmd
}

// TestServe: what it says there is to try works, as it stands; it goes by its own names
// alone, and ends well when it is interrupted.
func TestServe(t *testing.T) {
	sh := bash(t)
	tries, cmd := served(t, "-issuers", "shop,billing", "-redirect", "https://app.example/cb")
	if len(tries) != 2 {
		t.Fatalf("got %v", tries)
	}
	browser := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, try := range tries {
		run := func(line string) string {
			out, err := exec.Command(sh, "-c", line).Output()
			if err != nil {
				t.Errorf("%s: %v", line, err)
			}
			return string(out)
		}
		for _, name := range []string{"token_for_a_program", "token_for_a_user"} {
			if out := run(try[name]); !strings.Contains(out, `"access_token"`) {
				t.Errorf("%s: %s: %s", try["issuer"], name, out)
			}
		}
		_, question, _ := strings.Cut(try["sign_in"], "?")
		res, err := browser.Post(try["issuer"]+"/authorize", "application/x-www-form-urlencoded", strings.NewReader(question+"&username=joe&claims={}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		back, err := res.Location()
		if err != nil {
			t.Fatalf("signing in: %d, %v", res.StatusCode, err)
		}
		if out := run(strings.Replace(try["exchange"], "CODE", back.Query().Get("code"), 1)); !strings.Contains(out, `"id_token"`) {
			t.Errorf("%s: exchange: %s", try["issuer"], out)
		}
	}
	for host, want := range map[string]int{"evil.example": 421, "localhost": 200, "[::1]:9": 200} {
		r, err := http.NewRequest("GET", tries[0]["issuer"]+"/jwks.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		res, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("by the name %s: got %d, want %d", host, res.StatusCode, want)
		}
	}
	browser.CloseIdleConnections()
	silent, err := net.Dial("tcp", strings.Split(tries[0]["issuer"], "/")[2])
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // which nobody waits for
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted, it ends with %v", err)
	}
}

// TestServeMistakes: what would be open to others, or refuse its own tokens, does not start.
func TestServeMistakes(t *testing.T) {
	bin := build(t)
	broken := filepath.Join(t.TempDir(), "clients.json")
	if err := os.WriteFile(broken, []byte(`{"shop": "s3cret`), 0o600); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken := ln.Addr().String()
	for _, tt := range []struct {
		args   string
		status int
		says   string
	}{
		{"-addr 0.0.0.0:0", 2, "-insecure-any-address"},
		{"-addr :0", 2, "-insecure-any-address"},
		{"-addr 0.0.0.0:0 -insecure-any-address", 2, "-url"},
		{"-addr nonsense", 2, "host:port"},
		{"-alg HS256", 2, "ES256"},
		{"-rotate 1m", 2, "-rotate"},
		{"-lifetime 0s", 2, "-lifetime"},
		{"-url ftp://x", 2, "-url"},
		{"-url http://u:s3cret@localhost:9000", 2, "-url"},
		{"-issuers shop,shop", 2, "twice"},
		{"-addr " + taken, 3, "-addr 127.0.0.1:0"},
		{"-issuers ../x", 2, "-issuers"},
		{"-clients " + broken, 3, "clients.json"},
		{"-users no-such-file", 3, "no-such-file"},
		{"extra", 2, "no arguments"},
	} {
		args := strings.Fields(tt.args)
		if !strings.Contains(tt.args, "-addr") {
			args = append([]string{"-addr", "127.0.0.1:0"}, args...)
		}
		cmd := exec.Command(bin, append([]string{"serve"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), tt.says) || strings.Contains(string(out), "s3cret") {
			t.Errorf("%s: got %v, %s", tt.args, err, out)
		}
		if got := cmd.ProcessState.ExitCode(); got != tt.status {
			t.Errorf("%s: ends with %d, want %d", tt.args, got, tt.status)
		}
	}
}
