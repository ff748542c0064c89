package adaptertest

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// ServerCase is a request that servers or routers answer by themselves, at least
// some of them. No adapter can change that, but who uses one should be told.
type ServerCase struct {
	Name string
	// Answer is net/http's, in the words of Mount.Before.
	Answer string
	Raw    string
}

// runServerCases measures what is declared.
func runServerCases(t *testing.T, servers []server) {
	for _, c := range ServerCases() {
		t.Run(c.Name, func(t *testing.T) {
			for _, s := range servers {
				measure(t, s, c.Raw, s.Answer(c))
			}
		})
	}
}

// runBefore measures what is declared of a row of the table. Whatever the server
// makes of it, no gate may have been asked.
func runBefore(t *testing.T, s server, c Case, declared string) {
	t.Helper()
	s.app.recorder.take()
	measure(t, s, c.Raw, declared)
	if kind := s.app.recorder.take(); kind != 0 {
		t.Errorf("%s: the answer %q is declared to be the server's, but a gate said %v", s.Name, declared, kind)
	}
	if declared == itoa(c.Want[0].Status) {
		t.Errorf("%s: declared %q, which is the table's answer", s.Name, declared)
	}
}

// checkDeclared finds what is declared of no case.
func checkDeclared(t *testing.T, m Mount, tables map[string][]Case) {
	t.Helper()
	left := maps.Clone(m.Before)
	for _, cases := range tables {
		for _, c := range cases {
			delete(left, c.Name)
		}
	}
	for _, c := range ServerCases() {
		delete(left, c.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		t.Errorf("%s: Mount.Before has %q, which no case is called", m.Name, name)
	}
}

// measure compares a server's answer with what is declared of it.
func measure(t *testing.T, s server, raw, declared string) {
	t.Helper()
	if got := outside(t, s, raw, declared == noAnswer); !slices.Contains(strings.Split(declared, " or "), got) {
		t.Errorf("%s: got %q, declared %q: mend Mount.Before", s.Name, got, declared)
	}
}

// noAnswer is what a server gives that waits for more.
const noAnswer = "none"

// outside is a server's answer in a few words. One that gives none is not waited for
// long, if that is expected.
func outside(t testing.TB, s server, raw string, silent bool) string {
	t.Helper()
	w := dial(t, s.addr)
	w.send(raw)
	if silent {
		_ = w.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	}
	a, _, err := w.read(strings.HasPrefix(raw, "HEAD"))
	_ = w.conn.Close()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return noAnswer
	}
	if err != nil {
		return "none: " + err.Error()
	}
	if l := a.Header.Get("Location"); l != "" {
		return itoa(a.Status) + " to `" + l + "`"
	}
	return itoa(a.Status)
}

// ServerCases are what servers or routers are known to answer before us. Unless the
// name says otherwise the request has a good token, and 200 means that it reached the
// handler. The paths are those of [App].
func ServerCases() []ServerCase {
	const host = "Host: example.com"
	token := good("joe")
	bearer := auth(token)
	big := strings.Repeat("x", 20<<10)
	return []ServerCase{
		// The message.
		{"a request line of two words", "400", raw("GET /me", host, bearer)},
		{"a request line of four words", "400", raw("GET /me x HTTP/1.1", host, bearer)},
		{"two spaces in the request line", "400", raw("GET  /me HTTP/1.1", host, bearer)},
		{"a method that is no token", "400", raw("G(T /me HTTP/1.1", host, bearer)},
		{"an unknown method", "200", raw("BREW /me HTTP/1.1", host, bearer)},
		{"a method in lower case", "200", raw("get /me HTTP/1.1", host, bearer)},
		{"an empty line before the request", "400", "\r\n" + me(token)},
		{"HTTP/1.2", "200", raw("GET /me HTTP/1.2", host, bearer)},
		{"HTTP/2.0", "505", raw("GET /me HTTP/2.0", host, bearer)},
		{"HTTP/0.9", "505", raw("GET /me HTTP/0.9", host, bearer)},
		{"a space in the query", "400", raw("GET /me?a b HTTP/1.1", host, bearer)},
		{"a control character in the query", "400", raw("GET /me?\x01 HTTP/1.1", host, bearer)},
		{"a NUL in the path", "400", raw("GET /me\x00 HTTP/1.1", host, bearer)},
		{"a bad escape in the path", "400", raw("GET /me%zz HTTP/1.1", host, bearer)},
		{"a target without a slash", "400", raw("GET me HTTP/1.1", host, bearer)},
		{"`OPTIONS *`", "200", raw("OPTIONS * HTTP/1.1", host, bearer)},
		{"a # in the target", "404", raw("GET /me# HTTP/1.1", host, bearer)},
		{"`Host: a b`", "400", raw("GET /me HTTP/1.1", "Host: a b", bearer)},
		{"`Host: a/b`", "400", raw("GET /me HTTP/1.1", "Host: a/b", bearer)},
		{"`Host: a%61`", "200", raw("GET /me HTTP/1.1", "Host: a%61", bearer)},
		{"an empty Host", "200", raw("GET /me HTTP/1.1", "Host:", bearer)},
		{"an empty Host beside an absolute form", "200", raw("GET http://example.com/me HTTP/1.1", "Host:", bearer)},
		{"lines that end with LF alone", "200", strings.ReplaceAll(me(token), "\r\n", "\n")},
		{"a line folded before the first field", "400", "GET /me HTTP/1.1\r\n X: 1\r\n" + host + "\r\n" + bearer + "\r\n\r\n"},

		// Sizes.
		{"one field of 15 KiB", "200", get("/me", bearer, "X: "+big[:15<<10])},
		{"one field of 17 KiB", "200", get("/me", bearer, "X: "+big[:17<<10])},
		{"1000 fields", "200", get("/me", append(strings.Split(strings.Repeat("X: 1\n", 999), "\n")[:999], bearer)...)},
		{"a token of 1 MB of dots", "401", me(strings.Repeat(".", 1<<20))},
		{"fields of 1.1 MB", "431", get("/me", bearer, "X: "+strings.Repeat("x", 1100<<10))},
		{"a target of 17 KiB", "200", get("/me?"+big[:17<<10], bearer)},
		{"a login of 3 MiB", "413", post("/auth", strings.Repeat(" ", 3<<20))},
		{"a login of 5 MiB", "413", post("/auth", strings.Repeat(" ", 5<<20))},
		{"no token and 5 MiB", "401", send("POST", "/me", strings.Repeat(" ", 5<<20), "X: 1")},

		// The body.
		{"Content-Length twice, equal", "200", do("POST", "/me", bearer, "Content-Length: 2", "Content-Length: 2") + "xx"},
		{"`Content-Length: 2, 2`", "400", do("POST", "/me", bearer, "Content-Length: 2, 2") + "xx"},
		{"`Content-Length: +2`", "400", do("POST", "/me", bearer, "Content-Length: +2") + "xx"},
		{"`Transfer-Encoding: gzip, chunked`", "501", do("POST", "/me", bearer, "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n"},
		{"Transfer-Encoding in HTTP/1.0", "200", raw("POST /me HTTP/1.0", host, bearer, "Transfer-Encoding: chunked") + "0\r\n\r\n"},
		{"no token, and a body that does not come", "401", do("POST", "/me", "Content-Length: 1000000")},
		{"a broken chunk, no token", "401", do("POST", "/me", "Transfer-Encoding: chunked") + "zz\r\n\r\n"},
		{"a trailer called Authorization", "401", do("POST", "/me", "Transfer-Encoding: chunked") + "0\r\n" + bearer + "\r\n\r\n"},
		{"a broken multipart form at the login", "415", post("/auth", "xx", "Content-Type: multipart/form-data; boundary=x")},
		{"`Expect: 100-continue`, a good login", "200", post("/auth", `{"username":"joe","password":"pass"}`, "Content-Type: application/json", "Expect: 100-continue")},
		{"`Expect: 100-continue`, no token", "401", send("POST", "/me", "xx", "Expect: 100-continue")},
		{"`Expect: something`", "417", get("/me", bearer, "Expect: something")},

		// The router.
		{"an unknown path", "404", get("/unknown", bearer)},
		{"an unknown path, no token", "404", get("/unknown")},
		{"an unknown path of a group with a gate, no token", "401", get("/api/unknown")},
		{"an unknown path of a group with a gate", "404", at("/api/unknown", token)},
		{"a path that only starts like the group, no token", "404", get("/apis")},
		{"the group itself, no token", "307 to `/api/`", get("/api")},
		{"POST to a route for GET, no token", "405", do("POST", "/item", "Content-Length: 0")},
		{"POST to a route for GET", "405", do("POST", "/item", "Content-Length: 0", bearer)},
		{"POST to a route for GET in a group with a gate, no token", "401", do("POST", "/api/item", "Content-Length: 0")},
		{"HEAD of a route for GET", "200", do("HEAD", "/item", bearer)},
		{"HEAD of a route for GET, no token", "401", do("HEAD", "/item")},
		{"OPTIONS of a route for GET, no token", "405", do("OPTIONS", "/item")},
		{"OPTIONS of a route for GET in a group with a gate, no token", "401", do("OPTIONS", "/api/item")},
		{"GET of a login mounted for POST alone", "405", get("/login")},
		{"OPTIONS of a login mounted for POST alone", "405", do("OPTIONS", "/login")},
		{"TRACE of a route for all methods, no token", "401", do("TRACE", "/me")},
		{"CONNECT", "404", raw("CONNECT example.com:443 HTTP/1.1", host)},
		{"PROPFIND of a route for all methods, no token", "401", do("PROPFIND", "/me")},
		{"PROPFIND of Mount's login", "405", do("PROPFIND", "/auth")},
		{"a slash more", "404", at("/me/", token)},
		{"`//me`", "307 to `/me`", at("//me", token)},
		{"`/./me`", "307 to `/me`", at("/./me", token)},
		{"`//me`, no token", "307 to `/me`", get("//me")},
		{"`/./me`, no token", "307 to `/me`", get("/./me")},
		{"`/x/../me`", "307 to `/me`", at("/x/../me", token)},
		{"`/ME`", "404", at("/ME", token)},
		{"`/%6De`", "200", at("/%6De", token)},
		{"`/me%2F`", "404", at("/me%2F", token)},
		{"`/me;x=1`", "404", at("/me;x=1", token)},
		{"`/api/%69tem`, no token", "401", get("/api/%69tem")},
		{"`/api/../item`, no token", "307 to `/item`", get("/api/../item")},
	}
}
