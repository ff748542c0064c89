// Package program starts the examples for real and calls them, for their tests: as
// someone who has just copied one would.
package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Main runs the tests of a package that starts programs, and removes what they were
// built to.
func Main(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "examples"); err != nil {
		panic(err)
	}
	status := m.Run()
	_ = os.RemoveAll(bin)
	os.Exit(status)
}

// build builds all programs below the test's directory, once, and returns the path
// of one.
func build(t *testing.T, name string) string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

var built = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "./...").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, err
})

var bin string

// Server is a program that runs and listens.
type Server struct {
	Addr   string
	Cmd    *exec.Cmd
	output *bytes.Buffer
	ended  chan error
}

// Program is one of the examples, and how it is started.
type Program struct {
	Name string
	Args []string // ADDR stands for the address
	Env  []string
}

// String is its name and framework.
func (p Program) String() string {
	return strings.TrimSpace(p.Name + " " + strings.Join(p.Args[:min(2, len(p.Args))], " "))
}

// Command is what starts it at an address.
func (p Program) Command(t *testing.T, addr string) *exec.Cmd {
	t.Helper()
	args := slices.Clone(p.Args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "ADDR", addr)
	}
	cmd := exec.Command(build(t, p.Name), args...)
	cmd.Env = append(os.Environ(), append(p.Env, "ADDR="+addr)...)
	return cmd
}

// Start runs a program with an address of its own and waits until it listens.
func (p Program) Start(t *testing.T) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: addr, Cmd: p.Command(t, addr), output: new(bytes.Buffer), ended: make(chan error, 1)}
	s.Cmd.Stdout, s.Cmd.Stderr = s.output, s.output
	if err := s.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.Cmd.Wait() }()
	t.Cleanup(func() { _ = s.Cmd.Process.Kill() })
	for range 100 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return s
		}
		select {
		case err := <-s.ended:
			t.Fatalf("ended instead of listening: %v\n%s", err, s.output)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatal("does not listen after 5 seconds")
	return nil
}

// Call sends one request, demands a status and, with 401, a challenge.
func (s *Server) Call(t *testing.T, method, path, token, body string, want int) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != want {
		t.Fatalf("%s %s %s: got status %d, want %d: %s", method, path, body, res.StatusCode, want, got)
	}
	if challenge := res.Header.Get("WWW-Authenticate"); want == 401 && !strings.HasPrefix(challenge, "Bearer ") {
		t.Errorf("%s %s: got WWW-Authenticate %q, want a Bearer challenge", method, path, challenge)
	}
	return got
}

// Interrupt does what Ctrl-C does, and demands a good end.
func (s *Server) Interrupt(t *testing.T) {
	t.Helper()
	if err := s.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.EndsWell(t)
}

// EndsWell demands that a program ends within ten seconds, without an error or a panic.
func (s *Server) EndsWell(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("got the end %v, want exit status 0\n%s", err, s.output)
		}
	case <-time.After(10 * time.Second):
		t.Error("still runs 10 seconds after the signal")
	}
	if strings.Contains(s.output.String(), "panic:") {
		t.Errorf("panicked:\n%s", s.output)
	}
}

// Quickstart is what each quickstart must do.
func (s *Server) Quickstart(t *testing.T) {
	t.Helper()
	s.Call(t, "GET", "/me", "", "", 401)
	s.Call(t, "POST", "/auth", "", `{"username":"joe","password":"wrong"}`, 401)
	s.Call(t, "POST", "/auth", "", `{"username":"nobody","password":"pass"}`, 401)
	var login struct {
		Token string `json:"access_token"`
	}
	body := s.Call(t, "POST", "/auth", "", `{"username":"joe","password":"pass"}`, 200)
	if err := json.Unmarshal(body, &login); err != nil {
		t.Fatalf("login answered %s: %v", body, err)
	}
	body = s.Call(t, "GET", "/me", login.Token, "", 200)
	if got, want := strings.TrimSpace(string(body)), `{"user":"joe"}`; got != want {
		t.Errorf("GET /me: got %s, want %s", got, want)
	}
	s.Call(t, "GET", "/me", login.Token+"x", "", 401)

	s.Interrupt(t)
}
