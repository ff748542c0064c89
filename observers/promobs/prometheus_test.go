package promobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/nethttpjwt"
	"github.com/jwtgate/jwtgate/observers/promobs"
)

// TestPrometheus: a Prometheus that scrapes a server of ours answers each query of the
// dashboard, and evaluates each alert.
func TestPrometheus(t *testing.T) {
	service := newService(t)
	p := startPrometheus(t, service.addr)
	all := readDashboard(t).queries()
	until(t, "each query has an answer", func() (missing []string) {
		service.traffic(t)
		for title, queries := range all {
			for _, q := range queries {
				if got := p.ask(t, asGrafana(q)); got == 0 {
					missing = append(missing, title+": "+q)
				}
			}
		}
		return missing
	})
	until(t, "each alert is evaluated, and those fire whose first event has come", func() (missing []string) {
		firing := map[string]bool{"JwtgateInternal": false, "JwtgateRefreshReused": false, "JwtgateKeysSkipped": false, "JwtgateStoreTroubles": false}
		n := 0
		for _, rule := range p.rules(t) {
			if rule.Health == "ok" {
				n++
			}
			if rule.LastError != "" {
				t.Errorf("%s: %s", rule.Name, rule.LastError)
			}
			if _, ok := firing[rule.Name]; ok {
				firing[rule.Name] = rule.State == "firing"
			}
		}
		for name, fires := range firing {
			if !fires {
				missing = append(missing, name)
			}
		}
		if text, _ := os.ReadFile("alerts.yml"); n != strings.Count(string(text), "- alert:") {
			missing = append(missing, fmt.Sprintf("all but %d", n))
		}
		return missing
	})
}

// asGrafana puts in what Grafana would.
func asGrafana(query string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$job", ".*", "$instance", ".*").Replace(query)
}

// service is a server that measures, and its clients.
type service struct {
	addr string
	auth *core.Auth[string]
	mux  *http.ServeMux
	tell *promobs.Observer
	well *keys.Remote
	dead *keys.Remote
}

func newService(t *testing.T) *service {
	t.Helper()
	o, registry := newObserver(t, promobs.Config{Steps: true})
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{mux: http.NewServeMux(), tell: o, auth: core.Must(core.Config[string]{
		Keys:     jwttest.Secret(),
		Observer: o,
		Rules:    core.ClaimRules{CacheTokens: 10},
		Sessions: core.SessionConfig{Store: store, Realm: "api", Grace: time.Nanosecond},
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			if c.Password != "right" {
				return "", core.BadCredentials
			}
			return c.Username, nil
		},
		Renew: func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handle := func(path string, guards ...core.Guard) {
		s.mux.Handle(path, nethttpjwt.Require(s.auth, guards...)(ok))
	}
	handle("/hello")
	handle("/admin", core.Scopes("admin"))
	handle("/defect", s.auth.Policy(func(context.Context, string) error { return errors.New("boom") }))
	handle("/outage", s.auth.Policy(func(context.Context, string) error { return core.Unavailable }))
	s.mux.Handle("/open", nethttpjwt.Optional(s.auth)(ok))
	s.mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	nethttpjwt.Mount(s.mux, s.auth.Routes()...)

	server := httptest.NewServer(s.mux)
	t.Cleanup(server.Close)
	s.addr = server.Listener.Addr().String()
	issuer := jwttest.NewIssuer(t)
	source := func(url string) *keys.Remote {
		r, err := keys.NewRemote(url, keys.RemoteConfig{Client: issuer.Client(), Observer: core.KeyObserver(o)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	s.well, s.dead = source(issuer.KeySetURL()), source(issuer.URL()+"/nowhere")
	return s
}

// traffic is some of everything that is measured.
func (s *service) traffic(t *testing.T) {
	call := func(method, path, token, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		s.mux.ServeHTTP(w, r)
		return w
	}
	type tokens struct {
		Token   string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	read := func(w *httptest.ResponseRecorder) (got tokens) {
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Refresh == "" {
			t.Fatalf("got %d %s, want tokens", w.Code, w.Body)
		}
		return got
	}
	refresh := func(token string) *httptest.ResponseRecorder {
		return call("POST", "/auth/refresh", "", `{"refresh_token":"`+token+`"}`)
	}
	first := read(call("POST", "/auth", "", `{"username":"joe","password":"right"}`))
	call("POST", "/auth", "", `{"username":"joe","password":"wrong"}`)
	for _, path := range []string{"/hello", "/hello", "/admin", "/defect", "/outage"} {
		call("GET", path, first.Token, "")
	}
	call("GET", "/hello", "", "")
	call("GET", "/open", "", "")
	read(refresh(read(refresh(first.Refresh)).Refresh))
	refresh(first.Refresh) // a copy of it
	for _, r := range []*keys.Remote{s.well, s.dead} {
		_, _ = r.Find(t.Context(), keys.Hint{KeyID: "unknown", Algorithm: "RS256"})
	}
	core.KeyObserver(s.tell)(t.Context(), keys.Event{Source: "weak", Skipped: errors.New("weak")})
	core.StoreObserver(s.tell)(sessions.Event{Resource: "redis", Cause: errors.New("gone")})
}

// prom is a Prometheus that scrapes each second.
type prom struct{ url string }

func startPrometheus(t *testing.T, target string) prom {
	t.Helper()
	binary, dir := debian(t, "prometheus"), t.TempDir()
	rules, err := filepath.Abs("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nscrape_configs:\n  - {job_name: api, static_configs: [{targets: [%q]}]}\n", rules, target)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for range 5 { // somebody else may take the port meanwhile; then it ends
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := ln.Addr().String()
		_ = ln.Close()
		cmd := exec.Command(binary, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+addr, "--log.level=warn")
		cmd.Stdout, cmd.Stderr = &log, &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			<-ended
		})
		if p := (prom{"http://" + addr}); p.ready(t, ended) {
			return p
		}
	}
	t.Fatalf("Prometheus does not start: %s", &log)
	return prom{}
}

// ready waits until it answers, and reports whether it does: not if it has ended.
func (p prom) ready(t *testing.T, ended <-chan struct{}) (ready bool) {
	until(t, "Prometheus is ready", func() (missing []string) {
		select {
		case <-ended:
			return nil
		default:
		}
		res, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return []string{err.Error()}
		}
		_ = res.Body.Close()
		if ready = res.StatusCode == 200; !ready {
			missing = append(missing, res.Status)
		}
		return missing
	})
	return ready
}

// ask returns how many series answer a query with a number. It fails the test if there
// is anything to say against the query.
func (p prom) ask(t *testing.T, query string) (n int) {
	t.Helper()
	var answer struct {
		Result []struct{ Value [2]any }
	}
	p.get(t, "/api/v1/query?query="+url.QueryEscape(query), &answer)
	for _, r := range answer.Result {
		if r.Value[1] != "NaN" {
			n++
		}
	}
	return n
}

type rule struct{ Name, State, Health, LastError string }

func (p prom) rules(t *testing.T) (all []rule) {
	t.Helper()
	var answer struct{ Groups []struct{ Rules []rule } }
	p.get(t, "/api/v1/rules", &answer)
	for _, g := range answer.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func (p prom) get(t *testing.T, path string, data any) {
	t.Helper()
	res, err := http.Get(p.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Status != "success" {
		t.Fatalf("%s: %s %v", path, answer.Error, err)
	}
}

// until waits until nothing is missing, a minute at most: a process of its own has to
// scrape twice.
func until(t *testing.T, what string, missing func() []string) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(200 * time.Millisecond) { // of a process that does not say when it has scraped
		left := missing()
		if len(left) == 0 {
			return
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("after a minute it is not so that %s; missing:\n%s", what, strings.Join(left, "\n"))
		}
	}
}
