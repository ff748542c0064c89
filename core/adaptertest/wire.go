package adaptertest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// wire is one connection of a client that sends what it is told, byte by byte.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
}

// dial opens a connection that ends with the test.
func dial(t testing.TB, addr string) *wire {
	t.Helper()
	w := connect(t, addr)
	t.Cleanup(func() { _ = w.conn.Close() })
	return w
}

func connect(t testing.TB, addr string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return &wire{conn, bufio.NewReader(conn)}
}

// send does not wait: a server may answer, and close, before it has read all.
func (w *wire) send(raw string) {
	_ = w.conn.SetDeadline(time.Now().Add(10 * time.Second))
	go func() { _, _ = io.WriteString(w.conn, raw) }()
}

var errNoAnswer = errors.New("no answer")

// read reads the next final answer (RFC 9110 section 15.2), and whether the
// server closes after it.
func (w *wire) read(head bool) (a Answer, closes bool, err error) {
	req := &http.Request{Method: "GET"}
	if head {
		req.Method = "HEAD"
	}
	for {
		res, err := http.ReadResponse(w.r, req)
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = errNoAnswer
		}
		if err != nil {
			return Answer{}, true, err
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			body, err := io.ReadAll(res.Body)
			return Answer{Status: res.StatusCode, Header: res.Header, Body: string(body), Head: head}, res.Close, err
		}
	}
}

// end closes our half and returns what still comes; nothing should.
func (w *wire) end() string {
	if half, ok := w.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	rest, _ := io.ReadAll(w.r)
	_ = w.conn.Close()
	return string(rest)
}

// The rows of the table write their requests with these.

func get(path string, fields ...string) string { return do("GET", path, fields...) }

func do(method, path string, fields ...string) string {
	return method + " " + path + " HTTP/1.1\r\n" + lines(append([]string{"Host: example.com"}, fields...))
}

// raw is a request of these lines and no others.
func raw(requestLine string, fields ...string) string { return requestLine + "\r\n" + lines(fields) }

func lines(fields []string) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	return b.String() + "\r\n"
}

// post has a body. Fields replace the Content-Type if there are any.
func post(path, body string, fields ...string) string { return send("POST", path, body, fields...) }

func send(method, path, body string, fields ...string) string {
	if len(fields) == 0 {
		fields = []string{"Content-Type: application/json"}
	}
	return do(method, path, append(fields, "Content-Length: "+itoa(len(body)))...) + body
}

// me asks for /me with a token.
func me(token string) string { return at("/me", token) }

// at asks for a path with a token.
func at(path, token string, fields ...string) string {
	return get(path, append([]string{auth(token)}, fields...)...)
}

func auth(token string) string { return "Authorization: Bearer " + token }
