package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var frameworks = []string{"gin", "echo", "fiber", "nethttp"}

// site is the running example, behind a tap that notes what came over the wire.
type site struct {
	url string // http://localhost:port

	mu   sync.Mutex
	seen []exchange
	wait time.Duration // before an answer is passed on
}

// exchange is a request, and how it was answered.
type exchange struct {
	Method, Path string
	Attempt      string   // the query's
	Status       int      // of the answer
	Cookies      []string // the names of those that came, in order
	FetchSite    string   // Sec-Fetch-Site
	refresh      string   // the refresh token that came
}

// start runs the example until the test ends.
func start(t *testing.T, args ...string) *site {
	t.Helper()
	lines := bufio.NewScanner(run(t, "browser", append(args, "-addr", "127.0.0.1:0")...))
	for lines.Scan() {
		port := regexp.MustCompile(`http://localhost:([0-9]+)`).FindStringSubmatch(lines.Text())
		if port != nil {
			return tap(t, "127.0.0.1:"+port[1])
		}
	}
	t.Fatalf("%v said nothing of where it listens", args)
	return nil
}

// run runs one of the programs until the test ends, and returns what it prints.
func run(t *testing.T, program string, args ...string) io.Reader {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(programs, program), args...)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		err := cmd.Wait()
		text, _ := os.ReadFile(log.Name())
		_ = log.Close()
		if err != nil || strings.Contains(string(text), "panic") {
			t.Errorf("after SIGINT: %v\n%s", err, text)
		}
	})
	return out
}

// tap is a proxy that changes nothing, not even Host, and takes notes.
func tap(t *testing.T, target string) *site {
	s := &site{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: target})
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(res *http.Response) error {
			time.Sleep(s.note(res.Request, res.StatusCode))
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, context.Canceled) { // a page that was closed
				t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	s.url = local(server)
	return s
}

// local is the server's URL by the name that browsers hold to be safe.
func local(s *httptest.Server) string {
	return fmt.Sprintf("http://localhost:%d", s.Listener.Addr().(*net.TCPAddr).Port)
}

// slow lets everybody wait for an answer.
func (s *site) slow(wait time.Duration) {
	s.mu.Lock()
	s.wait = wait
	s.mu.Unlock()
}

// note takes a note, and says how long the answer is to wait.
func (s *site) note(r *http.Request, status int) time.Duration {
	e := exchange{
		Method: r.Method, Path: r.URL.Path, Attempt: r.URL.Query().Get("attempt"), Status: status,
		Cookies: []string{}, FetchSite: r.Header.Get("Sec-Fetch-Site"),
	}
	for _, c := range r.Cookies() {
		e.Cookies = append(e.Cookies, c.Name)
		if c.Name == "__Host-refresh_token" {
			e.refresh = c.Value
		}
	}
	slices.Sort(e.Cookies)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, e)
	return s.wait
}

// exchanges are those so far that fit.
func (s *site) exchanges(fit func(exchange) bool) []exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []exchange
	for _, e := range s.seen {
		if fit(e) {
			list = append(list, e)
		}
	}
	return list
}

// renewed waits until so many refreshes were granted, and returns them.
func (s *site) renewed(t *testing.T, n int) []exchange {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got := s.renewals(); len(got) >= n {
			return got
		}
	}
	t.Fatalf("%d refreshes were granted, want %d", len(s.renewals()), n)
	return nil
}

// renewals are the refreshes that were granted.
func (s *site) renewals() []exchange {
	return s.exchanges(func(e exchange) bool { return e.Path == "/auth/refresh" && e.Status == http.StatusOK })
}
