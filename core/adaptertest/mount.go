package adaptertest

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

// Mount is one framework: how the application gets onto it, and what its server and
// its router are known to answer by themselves.
type Mount struct {
	Name string
	// Serve mounts the application and listens on a port of its own of 127.0.0.1 until
	// the test ends. App.Listen does the latter, App.Serve all of it for net/http.
	Serve func(t testing.TB, app *App) (addr string)
	// Before declares what the server or the router answers to a case before a gate or
	// an endpoint is asked, where that is not what the table says: the status, with
	// "to" and the Location in back quotes if there is one, or "none" if it waits for
	// more; "200 or 400" where the versions of a framework differ. The key is the name of
	// a Case or of a ServerCase. What is declared is measured: Run fails if the answer is
	// another one and if no case has the name; of a Case also if the answer is the
	// table's, or if a gate was asked all the same.
	Before map[string]string
	// Framework is what the adapter's Requests call it, "" if they do not.
	Framework string
	// NoDisconnect says that a request's Context does not end when the client hangs
	// up, as on fasthttp. Then Config.CallbackTimeout is what ends a step.
	NoDisconnect bool
	// Kept names the rows of "what is kept" in which the framework itself keeps the
	// request as long as its context lives, as chi keeps the path.
	Kept []string
}

// Answer is what is answered to the case before us: what Before says, or net/http's.
func (m Mount) Answer(c ServerCase) string {
	if answer, ok := m.Before[c.Name]; ok {
		return answer
	}
	return c.Answer
}

// App is the application under test. A mounting function puts on its framework,
// with the functions of its adapter:
//
//	path              methods  what
//	Routes            any      middleware that adds Outer, Use of each of Gates, a handler that writes Handle
//	Endpoints         -        Mount
//	/login            POST     Login(Auth)
//	/me               any      Require(Auth), a handler that writes Show
//	/optional         any      Optional(Auth), a handler that writes Show
//	/new              any      New(Config), a handler that writes Show
//	/item             GET      Require(Auth), a handler that writes Show
//	/api/item         GET      the same, but Require(Auth) is middleware of the group /api
//	/stream           GET      Require(Auth), a handler that calls Stream
//	/upgrade          GET      Require(Auth), a handler that takes the connection over and calls Upgraded
type App struct {
	Auth      *core.Auth[*User]
	Config    core.Config[*User]
	Routes    []Route
	Endpoints []core.Route
	// HeaderBytes is how much the request line and all fields may take. A server that
	// has a bound of its own, or a buffer of that size, sets it; 0 is 16 KiB.
	HeaderBytes int
	// TLS is what the server encrypts with, nil if it does not.
	TLS *tls.Config

	recorder recorder
	keeper   keeper
	proceed  chan struct{} // lets Stream go on
}

// Route is a path with gates before it.
type Route struct {
	Path   string
	Outer  [][2]string // names and values of headers
	Gates  []core.Gate
	Handle func(Seen) core.Response
}

// Seen is what a handler finds.
type Seen struct {
	// Context is the one that a service layer gets, which knows no framework.
	Context context.Context
	// Own is the framework's own context, where that is a context.Context, else nil. The
	// identity is to be found in it too, by core.ContextKey if not otherwise.
	Own context.Context
	// Stored is what the framework's own store has under the adapter's Key.
	Stored any
	// NoStore says that the framework has no store of its own.
	NoStore bool
	// User, Claims and their ok are from the adapter's Identity and Claims.
	User      *User
	HasUser   bool
	Claims    *core.Claims
	HasClaims bool
	// Body reads the request's body as a handler does.
	Body io.Reader
}

// Stream writes two lines and flushes each. The second waits until the client
// has read the first, so a gate that held an answer back would never end it.
func (a *App) Stream(user *User, w io.Writer, flush func()) {
	_, _ = io.WriteString(w, "first for "+user.Name+"\n")
	flush()
	select {
	case <-a.proceed:
	case <-timeout():
		return
	}
	_, _ = io.WriteString(w, "second for "+user.Name+"\n")
	flush()
}

// Upgraded answers on a connection that was taken over, behind [Switching], which
// some frameworks write by themselves: it repeats one line.
func (a *App) Upgraded(user *User, conn io.ReadWriter) {
	line := make([]byte, len("hello\n"))
	if _, err := io.ReadFull(conn, line); err == nil {
		_, _ = io.WriteString(conn, user.Name+" said "+string(line))
	}
}

// Switching is the head of the answer to an Upgrade (RFC 9110 section 15.2.2).
const Switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n"

// Listen opens a port of its own, with the application's TLS.
func (a *App) Listen(t testing.TB) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if a.TLS != nil {
		ln = tls.NewListener(ln, a.TLS)
	}
	return ln
}

// Serve serves a handler of net/http until the test ends.
func (a *App) Serve(t testing.TB, h http.Handler) (addr string) {
	ln := a.Listen(t)
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return ln.Addr().String()
}
