package examples_test

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/internal/program"
)

// The examples are copied as they stand. Without time-outs a client that sends
// half a request holds its connection for ever, and without a graceful end each
// deployment breaks off the logins that are being answered.

// TestTimeoutsAreSet reads the source of every example, so that one which comes
// later is held to the rule as well.
func TestTimeoutsAreSet(t *testing.T) {
	want := map[string][]string{
		"http.Server":  {"ReadHeaderTimeout", "ReadTimeout", "WriteTimeout", "IdleTimeout"},
		"fiber.Config": {"ReadTimeout", "WriteTimeout", "IdleTimeout"},
	}
	// What lasts would be ended by a time-out of all its reading or writing.
	lasting := map[string]bool{"connections": true, "modules/quickstart-mcp": true}
	serverless := []string{"tested", "modules/tested", "modules/mcp-client"} // handlers for tests, a client
	programs := map[string]map[string]bool{}                                 // what is called or made in each
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen := programs[filepath.Dir(path)]
		if seen == nil {
			seen = map[string]bool{}
			programs[filepath.Dir(path)] = seen
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				name := selector(n.Type)
				for _, field := range want[name] {
					if lasting[filepath.ToSlash(filepath.Dir(path))] && (field == "WriteTimeout" || field == "ReadTimeout") {
						continue
					}
					if !slices.ContainsFunc(n.Elts, func(e ast.Expr) bool { return key(e) == field }) {
						t.Errorf("%v: %s without %s", files.Position(n.Pos()), name, field)
					}
				}
				seen[name] = true
			case *ast.CallExpr:
				name := selector(n.Fun)
				switch name {
				case "http.ListenAndServe", "http.ListenAndServeTLS", "http.Serve", "router.Run", "e.Start", "e.StartTLS":
					t.Errorf("%v: %s has no time-outs", files.Position(n.Pos()), name)
				case "fiber.New":
					if len(n.Args) == 0 {
						t.Errorf("%v: %s without a Config has no time-outs", files.Position(n.Pos()), name)
					}
				}
				seen[name[strings.LastIndex(name, ".")+1:]] = true
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) < len(quickstarts)+6 {
		t.Errorf("found %d examples only", len(programs))
	}
	for dir, seen := range programs {
		if slices.Contains(serverless, filepath.ToSlash(dir)) {
			continue
		}
		hertz := seen["WithReadTimeout"] && seen["WithWriteTimeout"] && seen["WithIdleTimeout"]
		if !seen["http.Server"] && !seen["fiber.Config"] && !hertz {
			t.Errorf("%s: no server with time-outs", dir)
		}
		if !seen["NotifyContext"] || !seen["Shutdown"] && !seen["ShutdownWithTimeout"] {
			t.Errorf("%s: no graceful end by signal.NotifyContext and Shutdown", dir)
		}
	}
}

// selector is "a.b" for that expression.
func selector(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return "." + s.Sel.Name
	}
	return x.Name + "." + s.Sel.Name
}

// key is the name of a field in a literal, unless its value is a plain 0.
func key(e ast.Expr) string {
	pair, ok := e.(*ast.KeyValueExpr)
	if !ok {
		return ""
	}
	if zero, ok := pair.Value.(*ast.BasicLit); ok && zero.Value == "0" {
		return ""
	}
	name, _ := pair.Key.(*ast.Ident)
	return name.Name
}

// programs are all examples of this module, on each of their frameworks.
func programs(t *testing.T) (all []program.Program) {
	t.Helper()
	for _, framework := range quickstarts {
		all = append(all, program.Program{Name: "quickstart-" + framework})
		for _, name := range []string{"server", "browser", "cors"} {
			all = append(all, program.Program{Name: name, Args: []string{"-framework", framework, "-addr", "ADDR"}})
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(t.TempDir(), "rs256.pub")
	if err := os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(all,
		program.Program{Name: "proxy", Args: []string{"-addr", "ADDR"}},
		program.Program{Name: "flask-port", Env: []string{"SECRET_KEY=" + rand.Text() + rand.Text()}},
		program.Program{Name: "customdecode", Env: []string{"JWT_PUBLIC_KEY_FILE=" + public}})
}

// TestGracefulEnd: a login that is being read when the signal comes is answered.
func TestGracefulEnd(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent a signal on Windows")
	}
	for _, p := range programs(t) {
		t.Run(p.String(), func(t *testing.T) {
			s := p.Start(t)
			login := `{"username":"joe","password":"pass"}`
			if p.Name == "flask-port" {
				login = `{"username":"user1","password":"abcxyz"}`
			}
			c, r := send(t, s, "POST /auth HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"+
				"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(login))
			if p.Name != "customdecode" { // which has no login
				if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
					t.Fatalf("got %q, %v, want 100 Continue", line, err)
				}
				_, _ = r.ReadString('\n')
			}
			if err := s.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			for listens := true; listens; {
				conn, err := net.Dial("tcp", s.Addr)
				if listens = err == nil; listens {
					_ = conn.Close()
					time.Sleep(time.Millisecond)
				}
			}
			if p.Name != "customdecode" {
				if _, err := io.WriteString(c, login); err != nil {
					t.Fatal(err)
				}
				res, err := http.ReadResponse(r, nil)
				if err != nil || res.StatusCode != 200 {
					t.Errorf("the login that had begun: got %v, %v, want 200", res, err)
				}
			}
			_ = c.Close()
			s.EndsWell(t)
		})
	}
}

// TestUnfinishedRequests: of 50 clients that send half a request and then nothing
// none is still there after 20 seconds.
func TestUnfinishedRequests(t *testing.T) {
	if os.Getenv("JWTGATE_NIGHTLY") == "" {
		t.Skip("20 seconds of waiting: set JWTGATE_NIGHTLY=1; TestTimeoutsAreSet holds the source to it meanwhile")
	}
	for _, p := range programs(t) {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			s := p.Start(t)
			var conns []net.Conn
			for i := range 50 {
				half := "GET /me HTTP/1.1\r\nHost: loc"
				if i%2 == 0 {
					half = "POST /auth HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 36\r\n\r\n{"
				}
				c, _ := send(t, s, "%s", half)
				conns = append(conns, c)
			}
			deadline := time.Now().Add(20 * time.Second)
			for i, c := range conns {
				_ = c.SetReadDeadline(deadline)
				if _, err := io.Copy(io.Discard, c); os.IsTimeout(err) {
					t.Fatalf("connection %d is still open after 20 seconds", i)
				}
			}
		})
	}
}

// send opens a connection and sends what may be a part of a request.
func send(t *testing.T, s *program.Server, format string, args ...any) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewReader(c)
}

// TestTakenAddress: a program that cannot listen says so and ends, and has sent
// nobody to the one that listens there.
func TestTakenAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, p := range programs(t) {
		cmd := p.Command(t, l.Addr().String())
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "in use") || strings.Contains(string(out), "http://") {
			t.Errorf("%v: got the end %v and\n%s", p, err, out)
		}
	}
}
