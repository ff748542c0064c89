package conform

import (
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// doc lists what servers and routers answer before us.
const doc = "../../docs/frameworks.md"

// TestBefore measures that list, so that it stays true.
func TestBefore(t *testing.T) {
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	listed := tableRows(since(t, string(text)))
	servers := start(t, mounts)
	for _, c := range before() {
		line := "| " + c.Name + " |"
		for _, s := range servers {
			line += " " + outside(t, s, c.Raw) + " |"
		}
		if i := slices.Index(listed, line); i >= 0 {
			listed = slices.Delete(listed, i, i+1)
		} else {
			t.Errorf("%s does not have the line\n%s", doc, line)
		}
	}
	for _, line := range listed {
		t.Errorf("%s has a line that is not measured:\n%s", doc, line)
	}
}

// since reads cells such as "200 (400 from fasthttp 1.74 on)" for the fasthttp
// that is linked.
func since(t testing.TB, text string) string {
	change := regexp.MustCompile(`(\w+) \((\w+) from fasthttp 1\.(\d+) on\)`)
	linked := fasthttpMinor(t)
	return change.ReplaceAllStringFunc(text, func(cell string) string {
		parts := change.FindStringSubmatch(cell)
		if from, _ := strconv.Atoi(parts[3]); linked >= from {
			return parts[2]
		}
		return parts[1]
	})
}

// fasthttpMinor is the y of the fasthttp 1.y that is linked. The suite runs on
// others than go.mod's too, and a test binary has no list of its modules; but the
// frames of a stack name the file and with it the version.
func fasthttpMinor(t testing.TB) int {
	t.Helper()
	var stack string
	f := fiber.New(fiber.Config{DisableStartupMessage: true})
	f.Get("/", func(*fiber.Ctx) error { stack = string(debug.Stack()); return nil })
	w := dial(t, listenFiber(t, f))
	w.send(get("/"))
	if _, _, err := w.read(false); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`valyala/fasthttp@v1\.(\d+)\.`).FindStringSubmatch(stack)
	if found == nil {
		t.Fatalf("no version of fasthttp in the stack\n%s", stack)
	}
	minor, _ := strconv.Atoi(found[1])
	return minor
}

// tableRows are the rows of the tables whose columns are the frameworks.
func tableRows(text string) (rows []string) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasSuffix(line, "| net/http | Gin | Echo | Fiber |"):
			inside = true
		case !strings.HasPrefix(line, "|"):
			inside = false
		case inside && !strings.HasPrefix(line, "|--"):
			rows = append(rows, line)
		}
	}
	return rows
}

// outside is a server's answer in a few words.
func outside(t testing.TB, s server, raw string) string {
	t.Helper()
	w := dial(t, s.addr)
	w.send(raw)
	a, _, err := w.read(strings.HasPrefix(raw, "HEAD"))
	_ = w.conn.Close()
	if err != nil {
		return fmt.Sprint("none: ", err)
	}
	if l := a.Header.Get("Location"); l != "" {
		return itoa(a.Status) + " to `" + l + "`"
	}
	return itoa(a.Status)
}

// before are requests that a server or a router answers before us, at least on
// one of the frameworks.
func before() []Case {
	const host = "Host: example.com"
	token := good("joe")
	bearer := auth(token)
	big := strings.Repeat("x", 20<<10)
	return []Case{
		// The message.
		row("a request line of two words", raw("GET /me", host, bearer)),
		row("a request line of four words", raw("GET /me x HTTP/1.1", host, bearer)),
		row("two spaces in the request line", raw("GET  /me HTTP/1.1", host, bearer)),
		row("a method that is no token", raw("G(T /me HTTP/1.1", host, bearer)),
		row("an unknown method", raw("BREW /me HTTP/1.1", host, bearer)),
		row("a method in lower case", raw("get /me HTTP/1.1", host, bearer)),
		row("an empty line before the request", "\r\n"+me(token)),
		row("HTTP/1.2", raw("GET /me HTTP/1.2", host, bearer)),
		row("HTTP/2.0", raw("GET /me HTTP/2.0", host, bearer)),
		row("HTTP/0.9", raw("GET /me HTTP/0.9", host, bearer)),
		row("a space in the query", raw("GET /me?a b HTTP/1.1", host, bearer)),
		row("a control character in the query", raw("GET /me?\x01 HTTP/1.1", host, bearer)),
		row("a NUL in the path", raw("GET /me\x00 HTTP/1.1", host, bearer)),
		row("a bad escape in the path", raw("GET /me%zz HTTP/1.1", host, bearer)),
		row("a target without a slash", raw("GET me HTTP/1.1", host, bearer)),
		row("`OPTIONS *`", raw("OPTIONS * HTTP/1.1", host, bearer)),
		row("a # in the target", raw("GET /me# HTTP/1.1", host, bearer)),
		row("`Host: a b`", raw("GET /me HTTP/1.1", "Host: a b", bearer)),
		row("`Host: a/b`", raw("GET /me HTTP/1.1", "Host: a/b", bearer)),
		row("`Host: a%61`", raw("GET /me HTTP/1.1", "Host: a%61", bearer)),
		row("an empty Host", raw("GET /me HTTP/1.1", "Host:", bearer)),
		row("an empty Host beside an absolute form", raw("GET http://example.com/me HTTP/1.1", "Host:", bearer)),
		row("a line folded before the first field", "GET /me HTTP/1.1\r\n X: 1\r\n"+host+"\r\n"+bearer+"\r\n\r\n"),

		// Sizes.
		row("one field of 15 KiB", get("/me", bearer, "X: "+big[:15<<10])),
		row("one field of 17 KiB", get("/me", bearer, "X: "+big[:17<<10])),
		row("1000 fields", get("/me", append(strings.Split(strings.Repeat("X: 1\n", 999), "\n")[:999], bearer)...)),
		row("a token of 1 MB of dots", me(strings.Repeat(".", 1<<20))),
		row("fields of 1.1 MB", get("/me", bearer, "X: "+strings.Repeat("x", 1100<<10))),
		row("a target of 17 KiB", get("/me?"+big[:17<<10], bearer)),
		row("a login of 3 MiB", post("/auth", strings.Repeat(" ", 3<<20))),
		row("a login of 5 MiB", post("/auth", strings.Repeat(" ", 5<<20))),
		row("no token and 5 MiB", send("POST", "/me", strings.Repeat(" ", 5<<20), "X: 1")),

		// The body.
		row("Content-Length twice, equal", do("POST", "/me", bearer, "Content-Length: 2", "Content-Length: 2")+"xx"),
		row("`Content-Length: 2, 2`", do("POST", "/me", bearer, "Content-Length: 2, 2")+"xx"),
		row("`Content-Length: +2`", do("POST", "/me", bearer, "Content-Length: +2")+"xx"),
		row("`Transfer-Encoding: gzip, chunked`", do("POST", "/me", bearer, "Transfer-Encoding: gzip, chunked")+"0\r\n\r\n"),
		row("Transfer-Encoding in HTTP/1.0", raw("POST /me HTTP/1.0", host, bearer, "Transfer-Encoding: chunked")+"0\r\n\r\n"),
		row("a broken chunk, no token", do("POST", "/me", "Transfer-Encoding: chunked")+"zz\r\n\r\n"),
		row("a trailer called Authorization", do("POST", "/me", "Transfer-Encoding: chunked")+"0\r\n"+bearer+"\r\n\r\n"),
		row("a broken multipart form at the login", post("/auth", "xx", "Content-Type: multipart/form-data; boundary=x")),
		row("`Expect: 100-continue`, a good login", post("/auth", `{"username":"joe","password":"pass"}`, "Content-Type: application/json", "Expect: 100-continue")),
		row("`Expect: 100-continue`, no token", send("POST", "/me", "xx", "Expect: 100-continue")),
		row("`Expect: something`", get("/me", bearer, "Expect: something")),

		// The router.
		row("an unknown path", get("/unknown", bearer)),
		row("an unknown path, no token", get("/unknown")),
		row("an unknown path of a group with a gate, no token", get("/api/unknown")),
		row("an unknown path of a group with a gate", at("/api/unknown", token)),
		row("a path that only starts like the group, no token", get("/apis")),
		row("the group itself, no token", get("/api")),
		row("POST to a route for GET, no token", do("POST", "/item", "Content-Length: 0")),
		row("POST to a route for GET", do("POST", "/item", "Content-Length: 0", bearer)),
		row("POST to a route for GET in a group with a gate, no token", do("POST", "/api/item", "Content-Length: 0")),
		row("HEAD of a route for GET", do("HEAD", "/item", bearer)),
		row("HEAD of a route for GET, no token", do("HEAD", "/item")),
		row("OPTIONS of a route for GET, no token", do("OPTIONS", "/item")),
		row("OPTIONS of a route for GET in a group with a gate, no token", do("OPTIONS", "/api/item")),
		row("GET of a login mounted for POST alone", get("/login")),
		row("OPTIONS of a login mounted for POST alone", do("OPTIONS", "/login")),
		row("TRACE of a route for all methods, no token", do("TRACE", "/me")),
		row("CONNECT", raw("CONNECT example.com:443 HTTP/1.1", host)),
		row("PROPFIND of a route for all methods, no token", do("PROPFIND", "/me")),
		row("PROPFIND of Mount's login", do("PROPFIND", "/auth")),
		row("a slash more", at("/me/", token)),
		row("`//me`", at("//me", token)),
		row("`/./me`", at("/./me", token)),
		row("`/x/../me`", at("/x/../me", token)),
		row("`/ME`", at("/ME", token)),
		row("`/%6De`", at("/%6De", token)),
		row("`/me%2F`", at("/me%2F", token)),
		row("`/me;x=1`", at("/me;x=1", token)),
		row("`/api/%69tem`, no token", get("/api/%69tem")),
		row("`/api/../item`, no token", get("/api/../item")),
	}
}
