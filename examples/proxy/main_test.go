package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// The clients have addresses of their own, all of this machine. The proxy is at
// 127.0.0.1, so to trust it is not to trust them.
const proxyAddr = "127.0.0.1"

func TestBehindProxy(t *testing.T) {
	for name, start := range map[string]func(testing.TB, string) string{"httputil": startReverseProxy, "nginx": startNginx} {
		t.Run(name, func(t *testing.T) {
			service := startService(t)
			proxy := start(t, service)
			one, two, three := newClient(t, "127.0.0.2"), newClient(t, "127.0.0.3"), newClient(t, "127.0.0.4")
			for range 5 {
				one.login(t, proxy, "", 401)
			}
			one.login(t, proxy, "", 429)
			two.login(t, proxy, "", 401) // has a limit of its own

			for i := range 4 { // a client that says it is another gains nothing
				two.login(t, proxy, fmt.Sprintf("198.51.100.%d", i), 401)
			}
			two.login(t, proxy, "198.51.100.99", 429)
			two.login(t, proxy, proxyAddr, 429)
			two.login(t, proxy, "garbage, ,", 429)
			two.login(t, proxy, "127.0.0.4", 429)

			for i := range 5 { // nor does one that calls without the proxy
				three.login(t, service, fmt.Sprintf("198.51.100.%d", i), 401)
			}
			three.login(t, service, "198.51.100.99", 429)
			three.login(t, proxy, "", 429) // it is the same client
		})
	}
}

// TestWithoutTrust: who does not name the proxy has one limit for all behind it.
func TestWithoutTrust(t *testing.T) {
	handler, err := newHandler(nil, bcrypt.MinCost, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(handler)
	defer service.Close()
	proxy := startReverseProxy(t, service.URL)
	one, two := newClient(t, "127.0.0.2"), newClient(t, "127.0.0.3")
	for range 5 {
		one.login(t, proxy, "", 401)
	}
	two.login(t, proxy, "", 429)
}

func startService(t testing.TB) string {
	handler, err := newHandler([]string{proxyAddr}, bcrypt.MinCost, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// startReverseProxy starts Go's proxy. By itself it would drop what the client
// sent; this one hands it on, as most do.
func startReverseProxy(t testing.TB, service string) string {
	to, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// debian is where a program is, or skips the test: JWTGATE_PROXY=required fails it.
func debian(t testing.TB, name, its string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("JWTGATE_PROXY") == "required" {
		t.Fatalf("%s is not installed, and JWTGATE_PROXY says that it is required", name)
	}
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt install %s); this test needs it", name, its)
	}
	return path
}

// startNginx starts nginx as it is mostly set up.
func startNginx(t testing.TB, service string) string {
	nginx := debian(t, "nginx", "nginx-light")
	ln, err := net.Listen("tcp", proxyAddr+":0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	dir := t.TempDir()
	conf := filepath.Join(dir, "nginx.conf")
	text := strings.NewReplacer("ADDR", addr, "SERVICE", service).Replace(`
daemon off; master_process off; pid nginx.pid; error_log stderr; events {}
http {
	access_log off;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	server {
		listen ADDR;
		location / {
			proxy_pass SERVICE;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
		}
	}
}
`)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	cmd := exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", conf)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return "http://" + addr
		}
	}
	t.Fatal("nginx does not listen")
	return ""
}

// client calls from an address of its own.
type client struct{ http.Client }

func newClient(t *testing.T, addr string) *client {
	from := &net.TCPAddr{IP: net.ParseIP(addr)}
	ln, err := net.ListenTCP("tcp", from)
	if err != nil {
		t.Skipf("this machine has no address %s: %v", addr, err)
	}
	_ = ln.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		return (&net.Dialer{LocalAddr: from}).DialContext(ctx, network, to)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

// login tries a wrong password, and each time another user's.
func (c *client) login(t *testing.T, url, forwarded string, want int) {
	t.Helper()
	body := fmt.Sprintf(`{"username":"user %d","password":"wrong"}`, time.Now().UnixNano())
	r, err := http.NewRequest("POST", url+"/auth", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if forwarded != "" {
		r.Header.Set("X-Forwarded-For", forwarded)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != want {
		t.Errorf("X-Forwarded-For %q: got %d %s, want %d", forwarded, res.StatusCode, text, want)
	}
	wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if want == 429 && (err != nil || wait < 1 || wait > 10) {
		t.Errorf("Retry-After: got %q, want 1 to 10", res.Header.Get("Retry-After"))
	}
}

// TestLogin: the limit is for guessers.
func TestLogin(t *testing.T) { synctest.Test(t, testLogin) } // no try comes back, however long hashes take

func testLogin(t *testing.T) {
	handler, err := newHandler(nil, bcrypt.MinCost, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 429} {
		password := "wrong"
		if want == 200 {
			password = "pass"
		}
		r := httptest.NewRequest("POST", "/auth", strings.NewReader(fmt.Sprintf(`{"username":"joe","password":%q}`, password)))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != want {
			t.Errorf("login %d: got %d %s, want %d", i+1, w.Code, w.Body, want)
		}
	}
}
