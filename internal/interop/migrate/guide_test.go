package migrate_test

import (
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	fiber2 "github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	auth0v2 "github.com/jwtgate/jwtgate/internal/interop/migrate/auth0/before2"
	auth0v3 "github.com/jwtgate/jwtgate/internal/interop/migrate/auth0/before3"
	auth0now "github.com/jwtgate/jwtgate/internal/interop/migrate/auth0/now"
	echobefore "github.com/jwtgate/jwtgate/internal/interop/migrate/echojwt/before"
	echonow "github.com/jwtgate/jwtgate/internal/interop/migrate/echojwt/now"
	fiberbefore "github.com/jwtgate/jwtgate/internal/interop/migrate/fiberjwt/before"
	fibernow "github.com/jwtgate/jwtgate/internal/interop/migrate/fiberjwt/now"
	fiberv3before "github.com/jwtgate/jwtgate/internal/interop/migrate/fiberv3jwt/before"
	fiberv3now "github.com/jwtgate/jwtgate/internal/interop/migrate/fiberv3jwt/now"
	flasknow "github.com/jwtgate/jwtgate/internal/interop/migrate/flask/now"
	ginbefore "github.com/jwtgate/jwtgate/internal/interop/migrate/ginjwt/before"
	ginnow "github.com/jwtgate/jwtgate/internal/interop/migrate/ginjwt/now"
	chibefore "github.com/jwtgate/jwtgate/internal/interop/migrate/jwtauth/before"
	chinow "github.com/jwtgate/jwtgate/internal/interop/migrate/jwtauth/now"
)

// A move is from one library to jwtgate: two programs and what a guide says of them.
type move struct {
	from   string // as docs/migrate/README.md calls it
	guide  string // the file in docs/migrate
	notice string // the heading of its tables of differences
	before func(*testing.T) (url string)
	now    func(*testing.T) (url string)
	old    []string // the files of the programs
	new    []string
	path   string         // a route behind the gate
	claims map[string]any // of a good token, beside exp and iat
	plain  bool           // tokens come in the Authorization header alone
	texts  *regexp.Regexp // the members in which an old answer says why
	more   func() []request
}

// secret is that of both programs.
var secret = []byte("9f2c1f6d2f0b4f0ea5c1d9d4f1a77b0c6e5d3a21")

var moves = []move{
	{
		from: "gin-jwt v2", guide: "gin-jwt.md", notice: "What clients notice",
		before: serve(ginbefore.New), now: serve(ginnow.New),
		old: []string{"ginjwt/before/before.go"}, new: []string{"ginjwt/now/now.go", "ginjwt/now/exchange.go"},
		path: "/hello", claims: map[string]any{"id": "admin", "orig_iat": ago(0)}, more: ginRequests,
		texts: regexp.MustCompile(`"message":"[^"]*"`),
	},
	{
		from: "echo-jwt v4", guide: "echo-jwt.md", notice: "What clients notice",
		before: serve(sure(echobefore.New)), now: serve(echonow.New),
		old: []string{"echojwt/before/before.go"}, new: []string{"echojwt/now/now.go"},
		path: "/me", claims: map[string]any{"name": "Ada"},
	},
	{
		from: "gofiber/contrib/jwt", guide: "fiber-jwt.md", notice: "What clients notice",
		before: serve(sure(fiberbefore.New)), now: serve(fibernow.New),
		old: []string{"fiberjwt/before/before.go"}, new: []string{"fiberjwt/now/now.go"},
		path: "/me", claims: map[string]any{"name": "Ada"}, more: fiberRequests,
	},
	{
		from: "gofiber/contrib/v3/jwt", guide: "fiber-v3-jwt.md", notice: "What clients notice",
		before: serve(sure(fiberv3before.New)), now: serve(fiberv3now.New),
		old: []string{"fiberv3jwt/before/before.go"}, new: []string{"fiberv3jwt/now/now.go"},
		path: "/me", claims: map[string]any{"name": "Ada"}, more: fiberRequests,
	},
	{
		from: "auth0/go-jwt-middleware v2", guide: "auth0.md", notice: "What clients notice, from v2",
		before: serve(auth0v2.New), now: serve(auth0(auth0now.TextsOfV2)),
		old: []string{"auth0/before2/before.go"}, new: []string{"auth0/now/now.go", "auth0/now/texts.go"},
		path: "/me", claims: auth0Claims,
	},
	{
		from: "auth0/go-jwt-middleware v3", guide: "auth0.md", notice: "What clients notice, from v3",
		before: serve(auth0v3.New), now: serve(auth0(auth0now.TextsOfV3)),
		old: []string{"auth0/before3/before.go"}, new: []string{"auth0/now/now.go", "auth0/now/textsv3.go"},
		path: "/me", claims: auth0Claims, texts: regexp.MustCompile(`"error_(description|code)":"[^"]*"`),
	},
	{
		from: "go-chi/jwtauth v5", guide: "jwtauth.md", notice: "What clients notice",
		before: serve(sure(chibefore.New)), now: serve(chinow.New),
		old: []string{"jwtauth/before/before.go"}, new: []string{"jwtauth/now/now.go"},
		path: "/me", claims: map[string]any{"user_id": 123}, more: chiRequests,
	},
	{
		from: "Flask-JWT-Extended", guide: "flask-jwt-extended.md", notice: "What clients notice",
		before: serveFlask, now: serve(flasknow.New),
		old: []string{"flask/before.py"}, new: []string{"flask/now/now.go", "flask/now/exchange.go"},
		path: "/me", claims: map[string]any{"sub": "test", "type": "access", "fresh": false, "jti": "a1"},
		plain: true, more: flaskRequests, texts: regexp.MustCompile(`"msg":"[^"]*"`),
	},
}

var auth0Claims = map[string]any{"name": "Ada", "iss": "https://issuer.example.com/", "aud": "my-api", "sub": "ada"}

func auth0(texts core.ErrorHandler) func([]byte) (http.Handler, error) {
	return func(secret []byte) (http.Handler, error) { return auth0now.New(secret, texts) }
}

// sure is a constructor that cannot fail as one that can.
func sure[T any](build func([]byte) T) func([]byte) (T, error) {
	return func(secret []byte) (T, error) { return build(secret), nil }
}

// serve starts a program on a socket of its own.
func serve[T any](build func(secret []byte) (T, error)) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		gin.SetMode(gin.ReleaseMode)
		program, err := build(secret)
		if err != nil {
			t.Fatal(err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		switch program := any(program).(type) {
		case *fiber2.App:
			go func() { _ = program.Listener(ln) }()
			t.Cleanup(func() { _ = program.Shutdown() })
		case *fiber3.App:
			go func() { _ = program.Listener(ln, fiber3.ListenConfig{DisableStartupMessage: true}) }()
			t.Cleanup(func() { _ = program.Shutdown() })
		case http.Handler:
			server := &http.Server{Handler: program}
			go func() { _ = server.Serve(ln) }()
			t.Cleanup(func() { _ = server.Close() })
		default:
			t.Fatalf("%T is no server", program)
		}
		return "http://" + ln.Addr().String()
	}
}

var programs = regexp.MustCompile("^<!-- (?:snippet: skip: )?a part of internal/interop/migrate/(\\S+) -->$")

// TestPrograms holds the code in the guides to the programs: every block that names one
// is a piece of it, line by line.
func TestPrograms(t *testing.T) {
	shown := map[string]bool{}
	for _, guide := range guides() {
		lines := read(t, guide)
		if len(lines) > 190 {
			t.Errorf("%s has %d lines: who reads that in ten minutes?", guide, len(lines))
		}
		for i, line := range lines {
			m := programs.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			shown[m[1]] = true
			program, err := os.ReadFile(m[1])
			if err != nil {
				t.Errorf("%s:%d: %v", guide, i+1, err)
				continue
			}
			block := fenced(lines[i+1:])
			if block == "" || !strings.Contains(flat(string(program)), block) {
				t.Errorf("%s:%d: this is not in %s:\n%s", guide, i+1, m[1], block)
			}
		}
	}
	for _, m := range moves {
		for _, file := range append(m.old, m.new...) {
			if !shown[file] && !strings.Contains(strings.Join(read(t, m.guide), "\n"), file) {
				t.Errorf("%s does not speak of %s", m.guide, file)
			}
		}
	}
}

// guides are the files of the guides, each once, and the index.
func guides() []string {
	all := []string{"README.md"}
	for _, m := range moves {
		if all[len(all)-1] != m.guide {
			all = append(all, m.guide)
		}
	}
	return all
}
