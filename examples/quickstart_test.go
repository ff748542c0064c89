// Package examples_test starts the quickstarts for real and calls them, as
// someone who has just copied one would.
package examples_test

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
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	// go test repeats an old result while the test binary is the same. What the
	// quickstarts are made of belongs to it, so that a change there runs them again.
	_ "github.com/jwtgate/jwtgate/core"
	_ "github.com/jwtgate/jwtgate/echojwt"
	_ "github.com/jwtgate/jwtgate/fiberjwt"
	_ "github.com/jwtgate/jwtgate/ginjwt"
	_ "github.com/jwtgate/jwtgate/nethttpjwt"
)

var quickstarts = []string{"gin", "echo", "fiber", "nethttp"}

func TestQuickstarts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent an interrupt on Windows")
	}
	for _, name := range quickstarts {
		t.Run(name, func(t *testing.T) {
			// So that go test knows the source among what this test reads.
			if _, err := os.ReadFile(filepath.Join("quickstart-"+name, "main.go")); err != nil {
				t.Fatal(err)
			}
			s := start(t, program{name: "quickstart-" + name})

			s.call(t, "GET", "/me", "", "", 401)
			s.call(t, "POST", "/auth", "", `{"username":"joe","password":"wrong"}`, 401)
			s.call(t, "POST", "/auth", "", `{"username":"nobody","password":"pass"}`, 401)
			var login struct {
				Token string `json:"access_token"`
			}
			body := s.call(t, "POST", "/auth", "", `{"username":"joe","password":"pass"}`, 200)
			if err := json.Unmarshal(body, &login); err != nil {
				t.Fatalf("login answered %s: %v", body, err)
			}
			body = s.call(t, "GET", "/me", login.Token, "", 200)
			if got, want := strings.TrimSpace(string(body)), `{"user":"joe"}`; got != want {
				t.Errorf("GET /me: got %s, want %s", got, want)
			}
			s.call(t, "GET", "/me", login.Token+"x", "", 401)

			s.interrupt(t)
		})
	}
}

// TestReadme keeps the program in the README the one of quickstart-gin, which the
// test above runs.
func TestReadme(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("quickstart-gin", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, program, ok := strings.Cut(string(source), "\npackage main\n") // without the comment above it
	if !ok || !strings.Contains(string(readme), "```go\npackage main\n"+program+"```\n") {
		t.Error("the program in README.md is not that of quickstart-gin/main.go")
	}
}

// build builds all examples, once, and returns the path of one.
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

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "examples"); err != nil {
		panic(err)
	}
	status := m.Run()
	_ = os.RemoveAll(bin)
	os.Exit(status)
}

type server struct {
	addr   string
	cmd    *exec.Cmd
	output *bytes.Buffer
	ended  chan error
}

// program is one of the examples, and how it is started.
type program struct {
	name string
	args []string // ADDR stands for the address
	env  []string
}

func (p program) command(t *testing.T, addr string) *exec.Cmd {
	t.Helper()
	args := slices.Clone(p.args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "ADDR", addr)
	}
	cmd := exec.Command(build(t, p.name), args...)
	cmd.Env = append(os.Environ(), append(p.env, "ADDR="+addr)...)
	return cmd
}

// start runs a program with an address of its own and waits until it listens.
func start(t *testing.T, p program) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &server{addr: addr, cmd: p.command(t, addr), output: new(bytes.Buffer), ended: make(chan error, 1)}
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
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

// call sends one request, demands a status and, with 401, a challenge.
func (s *server) call(t *testing.T, method, path, token, body string, want int) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.addr+path, strings.NewReader(body))
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

// interrupt does what Ctrl-C does, and demands a good end.
func (s *server) interrupt(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.endsWell(t)
}

func (s *server) endsWell(t *testing.T) {
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
