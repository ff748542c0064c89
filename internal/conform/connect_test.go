package conform

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
	"github.com/jwtgate/jwtgate/ginjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// TestExtendedConnect opens WebSockets over HTTP/2 (RFC 8441), where a handshake is
// a CONNECT with :protocol, and no field says Upgrade. Fiber has no HTTP/2. Servers
// in front may make a GET of it again and keep the pseudo-header.
func TestExtendedConnect(t *testing.T) {
	const setting = "http2xconnect=1" // net/http reads it once, when the process starts
	if !strings.Contains(os.Getenv("GODEBUG"), setting) {
		again := exec.Command(os.Args[0], "-test.run=^TestExtendedConnect$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG="+setting)
		out, err := again.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestExtendedConnect") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	auth := core.Must(core.Config[string]{
		Keys:    secret(t),
		Sources: []core.Source{core.HeaderSource{}, core.CookieSource{TrustedOrigins: []string{"https://app.example.com"}}},
	})
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	open := func(r core.Request) core.Response { return core.Response{Status: http.StatusOK} }

	mux := http.NewServeMux()
	mux.Handle("/socket", nethttpjwt.Require(auth)(nethttpjwt.Endpoint(open)))
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Any("/socket", ginjwt.Require(auth), ginjwt.Endpoint(open))
	e := echo.New()
	e.Any("/socket", echojwt.Endpoint(open), echojwt.Require(auth))

	for name, handler := range map[string]http.Handler{"nethttp": mux, "gin": router, "echo": e} {
		addr := overHTTP2(t, handler)
		asGET := overHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Method = http.MethodGet
			handler.ServeHTTP(w, r)
		}))
		cookie, header := []string{"Cookie", "__Host-access_token=" + issued.Token}, []string{"Authorization", "Bearer " + issued.Token}
		for _, tt := range []struct {
			name   string
			fields []string
			want   int
		}{
			{"no token", nil, 401},
			{"a cookie, no proof", cookie, 403},
			{"a cookie, from a neighbour", append([]string{"Origin", "https://evil.example.com", "Sec-Fetch-Site", "same-site"}, cookie...), 403},
			{"a cookie, from a trusted page", append([]string{"Origin", "https://app.example.com"}, cookie...), 200},
			{"a cookie, from our page", append([]string{"Sec-Fetch-Site", "same-origin"}, cookie...), 200},
			{"a header", header, 200},
		} {
			for how, at := range map[string]string{"CONNECT": addr, "CONNECT as GET": asGET} {
				if got := connectTo(t, at, tt.fields); got != tt.want {
					t.Errorf("%s, %s: %s: got %d, want %d", name, how, tt.name, got, tt.want)
				}
			}
		}
	}
}

// overHTTP2 serves a handler over HTTP/2 without TLS.
func overHTTP2(t *testing.T, h http.Handler) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h, Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return ln.Addr().String()
}

// connectTo sends an extended CONNECT for a WebSocket and returns the status. The
// frames are written by hand (RFC 9113 section 4.1), since net/http's client has no
// way to say :protocol.
func connectTo(t *testing.T, addr string, fields []string) int {
	t.Helper()
	conn := dial(t, addr)
	const settings, headers, endHeaders = 4, 1, 4
	frame := func(kind, flags, stream byte, payload []byte) string {
		n := len(payload)
		return string([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags, 0, 0, 0, stream}) + string(payload)
	}
	var block []byte // RFC 7541 section 6.2.2: literal, not indexed, not compressed
	all := append([]string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":path", "/socket", ":authority", addr}, fields...)
	for i, text := range all {
		if i%2 == 0 {
			block = append(block, 0)
			text = strings.ToLower(text)
		}
		block = append(hpackLength(block, len(text)), text...)
	}
	go func() {
		_, _ = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+frame(settings, 0, 0, nil)+frame(headers, endHeaders, 1, block))
	}()
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(conn, payload); err != nil {
			t.Fatal(err)
		}
		if head[3] != headers {
			continue
		}
		for start, status := range map[string]int{"\x88": 200, "\x4e\x82\x68\x01": 401, "\x4e\x03403": 403} { // :status comes first
			if strings.HasPrefix(string(payload), start) {
				return status
			}
		}
		t.Fatalf("a status that no row wants: % x", payload[:5])
	}
}

// hpackLength appends the length of a string (RFC 7541 section 5.1).
func hpackLength(b []byte, n int) []byte {
	if n < 127 {
		return append(b, byte(n))
	}
	b = append(b, 127)
	for n -= 127; n >= 128; n >>= 7 {
		b = append(b, byte(n)|128)
	}
	return append(b, byte(n))
}
