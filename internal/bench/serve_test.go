package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test binary be the server and the load generator too, as
// the command is.
func TestMain(m *testing.M) {
	if child() {
		return
	}
	os.Exit(m.Run())
}

// overSocket sends one request and returns the answer without its date.
func overSocket(t *testing.T, a webapp, request []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = a.serve(l) }() // until the test ends
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Header.Del("Date")
	var b strings.Builder
	b.WriteString(res.Status + "\n")
	_ = res.Header.Write(&b)
	return b.String() + "\n" + string(body)
}
