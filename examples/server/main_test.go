package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestMain is the server itself, if a test starts it again as a process.
func TestMain(m *testing.M) {
	if os.Getenv("SERVER_TEST") == "run" {
		os.Exit(untilSignal(bcrypt.MinCost))
	}
	os.Exit(m.Run())
}

const (
	testSecret  = "c2f1d07a9be84635a1d90e7f3b5c8264"
	tokenAnswer = `"access_token":"([^"]+)"`
)

var names = slices.Sorted(maps.Keys(frameworks))

// start serves until the test ends, and returns the service and its URL.
func start(t *testing.T, framework string, environ ...string) (*service, string) {
	t.Helper()
	return startPreset(t, framework, false, environ...)
}

func startPreset(t *testing.T, framework string, flask bool, environ ...string) (*service, string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := newService(flask, environ, log, bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, frameworks[framework](s), l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && err != http.ErrServerClosed {
			t.Errorf("%s: serve: %v", framework, err)
		}
	})
	return s, baseURL(l.Addr())
}

// call returns the answer, without what differs from one call to the next.
func call(t *testing.T, base, method, path, token, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Header.Del("Date")
	var header bytes.Buffer
	if err := res.Header.Write(&header); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, fmt.Sprintf("%d\n%s\n%s", res.StatusCode, &header, got)
}

func logIn(t *testing.T, base, body string) string {
	t.Helper()
	_, answer := call(t, base, "POST", "/auth", "", body)
	found := regexp.MustCompile(tokenAnswer).FindStringSubmatch(answer)
	if found == nil {
		t.Fatalf("login answered %s", answer)
	}
	return found[1]
}

const (
	joe = `{"username":"joe","password":"pass"}`
	ann = `{"username":"ann","password":"word"}`
)

// One table, called on all frameworks; the answers are compared byte by byte.
func TestSameAnswers(t *testing.T) {
	bases := map[string]string{}
	for _, framework := range names {
		_, bases[framework] = start(t, framework, "JWT_SECRET_KEY="+testSecret)
	}
	good := logIn(t, bases["gin"], joe)
	head, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	first := "A"
	if strings.HasPrefix(signature, "A") {
		first = "B"
	}
	otherSignature := head + "." + payload + "." + first + signature[1:]
	otherPayload := head + "." + strings.Split(logIn(t, bases["echo"], ann), ".")[1] + "." + signature

	for _, tt := range []struct {
		name, method, path, token, body string
		status                          int
		want                            string // somewhere in the answer
	}{
		{"protected", "GET", "/protected", good, "", 200, `"name":"joe"`},
		{"protected: sub is the id", "GET", "/protected", good, "", 200, `"sub":"1"`},
		{"protected: JSON", "GET", "/protected", good, "", 200, "Content-Type: application/json\r\n"},
		{"protected: HEAD", "HEAD", "/protected", good, "", 200, "Content-Type: application/json\r\n"},
		{"protected: POST", "POST", "/protected", good, "", 200, `"sub":"1"`},
		{"protected: POST with body", "POST", "/protected", good, `{"a":1}`, 200, `"sub":"1"`},
		{"protected: DELETE", "DELETE", "/protected", good, "", 405, "Allow: GET, HEAD, POST\r\n"},
		{"protected: no token", "GET", "/protected", "", "", 401, "Www-Authenticate: Bearer realm="},
		{"protected: no token, HEAD", "HEAD", "/protected", "", "", 401, "Www-Authenticate: Bearer realm="},
		{"protected: other signature", "GET", "/protected", otherSignature, "", 401, `error="invalid_token"`},
		{"protected: other payload", "GET", "/protected", otherPayload, "", 401, `error="invalid_token"`},
		{"protected: unsigned", "GET", "/protected", "eyJhbGciOiJub25lIn0." + payload + ".", "", 401, `error="invalid_token"`},
		{"protected: with a slash", "GET", "/protected/", good, "", 404, "Not Found"},
		{"protected: in capitals", "GET", "/PROTECTED", good, "", 404, "Not Found"},
		{"open: nobody", "GET", "/open", "", "", 200, `{"anonymous":true,"user":null}`},
		{"open: joe", "GET", "/open", good, "", 200, `{"anonymous":false,"user":{"id":"1","name":"joe"}}`},
		{"open: HEAD", "HEAD", "/open", "", "", 200, "Content-Type: application/json\r\n"},
		{"open: bad token", "GET", "/open", otherSignature, "", 401, `error="invalid_token"`},
		{"open: POST", "POST", "/open", "", "", 405, "Allow: GET, HEAD\r\n"},
		{"healthz", "GET", "/healthz", "", "", 200, `{"status":"ok"}`},
		{"healthz: HEAD", "HEAD", "/healthz", "", "", 200, ""},
		{"healthz: bad token", "GET", "/healthz", "x", "", 200, `{"status":"ok"}`},
		{"healthz: PUT", "PUT", "/healthz", "", "", 405, "Allow: GET, HEAD\r\n"},
		{"login: joe", "POST", "/auth", "", joe, 200, "Cache-Control: no-store\r\n"},
		{"login: wrong password", "POST", "/auth", "", `{"username":"joe","password":"word"}`, 401, ""},
		{"login: nobody", "POST", "/auth", "", `{"username":"bob","password":"pass"}`, 401, ""},
		{"login: GET", "GET", "/auth", "", "", 405, "Allow: POST\r\n"},
		{"login: no JSON", "POST", "/auth", "", "username=joe", 400, ""},
		{"login: long body", "POST", "/auth", "", `{"username":"` + strings.Repeat("x", 17<<10) + `"}`, 413, ""},
		{"nothing there", "GET", "/nothing", "", "", 404, "Not Found"},
		{"nothing there: POST", "POST", "/", good, "{}", 404, "Not Found"},
		{"a long token", "GET", "/protected", strings.Repeat("x", 9<<10), "", 401, `error="invalid_token"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var first string
			for _, framework := range names {
				status, answer := call(t, bases[framework], tt.method, tt.path, tt.token, tt.body)
				answer = regexp.MustCompile(tokenAnswer).ReplaceAllString(answer, "TOKEN")
				if status != tt.status || !strings.Contains(answer, tt.want) {
					t.Errorf("%s: got %s\nwant %d and %q in it", framework, answer, tt.status, tt.want)
				}
				if first == "" {
					first = answer
				}
				if answer != first {
					t.Errorf("%s: got %s\n%s: got %s", framework, answer, names[0], first)
				}
			}
		})
	}
}

// Unknown users and wrong passwords get the same answer.
func TestLoginTellsNothing(t *testing.T) {
	_, base := start(t, "gin")
	_, wrong := call(t, base, "POST", "/auth", "", `{"username":"joe","password":"word"}`)
	_, nobody := call(t, base, "POST", "/auth", "", `{"username":"bob","password":"word"}`)
	if wrong != nobody {
		t.Errorf("wrong password: %s\nunknown user: %s", wrong, nobody)
	}
}

// A server with the public key alone takes the tokens of the one with the
// private key, and of others who have it, and issues none.
func TestPublicKeyAlone(t *testing.T) {
	const keyFiles = "../../core/testdata/keys/"
	for _, framework := range names {
		t.Run(framework, func(t *testing.T) {
			_, issuer := start(t, framework, "JWT_SECRET_KEY_FILE="+keyFiles+"rsa-pkcs8.pem")
			_, verifier := start(t, framework, "JWT_PUBLIC_KEY_FILE="+keyFiles+"rsa-spki.pem")
			if status, answer := call(t, verifier, "GET", "/protected", logIn(t, issuer, ann), ""); status != 200 || !strings.Contains(answer, `"sub":"2"`) {
				t.Errorf("ann's token: got %s", answer)
			}
			key, err := keys.Load(keyFiles + "rsa-pkcs8.pem")
			if err != nil {
				t.Fatal(err)
			}
			foreign, err := core.Encoder(key)(context.Background(), nil, core.Payload{"sub": "someone else's user", "exp": int64(1 << 40)})
			if err != nil {
				t.Fatal(err)
			}
			if status, answer := call(t, verifier, "GET", "/open", foreign, ""); status != 200 || !strings.Contains(answer, `{"id":"someone else's user"}`) {
				t.Errorf("a token of another issuer: got %s", answer)
			}
			if status, answer := call(t, verifier, "POST", "/auth", "", joe); status != 404 {
				t.Errorf("login: got %s, want 404", answer)
			}
			if status, answer := call(t, verifier, "GET", "/protected", logIn(t, issuer, joe)+"x", ""); status != 401 {
				t.Errorf("a token with a letter more: got %s", answer)
			}
		})
	}
}

// The keys of two starts differ, so the token of one is refused by the other.
func TestFreshKey(t *testing.T) {
	_, one := start(t, "nethttp")
	_, two := start(t, "nethttp")
	token := logIn(t, one, joe)
	if status, _ := call(t, one, "GET", "/protected", token, ""); status != 200 {
		t.Errorf("its own token: got %d, want 200", status)
	}
	if status, _ := call(t, two, "GET", "/protected", token, ""); status != 401 {
		t.Errorf("another's token: got %d, want 401", status)
	}
}

// A token that the settings allow also fits the server's limits.
func TestLongTokens(t *testing.T) {
	key, err := keys.NewSecret([]byte(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	token, err := core.Encoder(key)(context.Background(), nil, core.Payload{"sub": "1", "exp": int64(1 << 40), "x": strings.Repeat("x", 40<<10)})
	if err != nil {
		t.Fatal(err)
	}
	for _, framework := range names {
		_, base := start(t, framework, "JWT_SECRET_KEY="+testSecret, "JWT_MAX_TOKEN_BYTES=65536")
		if status, answer := call(t, base, "GET", "/protected", token, ""); status != 200 {
			t.Errorf("%s: got %s", framework, answer)
		}
	}
}

// What the server prints works when it is pasted into a shell.
func TestGuide(t *testing.T) {
	for _, command := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skip(err)
		}
	}
	for _, tt := range []struct {
		name, framework string
		env             []string
	}{
		{"defaults", "gin", nil},
		{"renamed", "echo", []string{"JWT_AUTH_URL_RULE=/api/log-in", "JWT_AUTH_USERNAME_KEY=e-mail 'n\" name", "JWT_AUTH_PASSWORD_KEY=$word"}},
		{"scheme", "fiber", []string{"JWT_AUTH_HEADER_PREFIX=JWT"}},
		{"odd scheme", "nethttp", []string{"JWT_AUTH_HEADER_PREFIX=a$b'c!`d"}},
		{"cookie", "fiber", []string{"JWT_TOKEN_LOCATION=cookies"}},
		{"named cookie", "gin", []string{"JWT_TOKEN_LOCATION=cookies,headers", "JWT_ACCESS_COOKIE_NAME=s$id", "JWT_INSECURE_COOKIE_NAME=1"}},
		{"query", "echo", []string{"JWT_TOKEN_LOCATION=query_string"}},
		{"named query", "nethttp", []string{"JWT_TOKEN_LOCATION=query_string", "JWT_QUERY_STRING_NAME=the token&"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, base := start(t, tt.framework, tt.env...)
			addr, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			var guide bytes.Buffer
			s.guide(&guide, tt.framework, addr)
			_, lines, _ := strings.Cut(guide.String(), "Paste these")
			_, lines, _ = strings.Cut(lines, "\n")
			sh := exec.Command("sh", "-c", lines)
			sh.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
			out, err := sh.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, lines)
			}
			var got []string
			for _, found := range regexp.MustCompile(`HTTP/1.1 (\d+)|"(sub|id)":"1"`).FindAllStringSubmatch(string(out), -1) {
				got = append(got, found[1]+found[2])
			}
			if want := []string{"200", "sub", "401", "200", "id"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q, from %s\n%s", got, want, lines, out)
			}
		})
	}
}

func TestGuideWithoutLogin(t *testing.T) {
	s, err := newService(false, []string{"JWT_PUBLIC_KEY_FILE=../../core/testdata/keys/rsa-spki.pem"}, slog.New(slog.DiscardHandler), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	var guide bytes.Buffer
	s.guide(&guide, "gin", &net.TCPAddr{IP: net.IPv6zero, Port: 80})
	if got := guide.String(); strings.Contains(got, "/auth") || !strings.Contains(got, "no login") || !strings.Contains(got, "curl -i http://localhost:80/protected\n") {
		t.Errorf("got %s", got)
	}
}

func TestDoesNotStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, tt := range []struct {
		name   string
		args   []string
		env    []string
		status int
		want   []string
	}{
		{"bad settings", nil, []string{"JWT_LEEWY=1", "JWT_SECRET_KEY=short"}, 1, []string{"did you mean JWT_LEEWAY?", "JWT_SECRET_KEY: HS256 needs at least 32 bytes"}},
		{"settings that do not fit together", nil, []string{"JWT_NOT_BEFORE_DELTA=301"}, 1, []string{"NotBefore: 5m1s"}},
		{"a path that is taken", nil, []string{"JWT_AUTH_URL_RULE=/protected"}, 1, []string{"JWT_AUTH_URL_RULE: /protected is taken"}},
		{"an address that is taken", []string{"-addr", l.Addr().String()}, nil, 1, []string{l.Addr().String(), "in use", "-addr host:port"}},
		{"no address", []string{"-addr", "8080"}, nil, 1, []string{"8080"}},
		{"unknown framework", []string{"-framework", "flask"}, nil, 2, []string{`gin, echo, fiber or nethttp, not "flask"`}},
		{"unknown flag", []string{"-port", "80"}, nil, 2, []string{"-port", "Usage"}},
		{"unknown preset", []string{"-preset", "django"}, nil, 2, []string{`flask or empty, not "django"`}},
		{"an argument", []string{"gin"}, nil, 2, []string{`"gin" is no flag`}},
		{"help", []string{"-h"}, nil, 0, []string{"JWT_ALGORITHM", "JWT_AUTH_PASSWORD_KEY", "-framework"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(context.Background(), tt.args, tt.env, &stdout, &stderr, bcrypt.MinCost)
			if status != tt.status || stdout.Len() > 0 {
				t.Errorf("got status %d and %q, want %d and nothing", status, &stdout, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("got %s, want %q in it", &stderr, want)
				}
			}
		})
	}
}

// Ctrl-C, or SIGTERM, lets a request in flight end, closes idle connections and
// ends the process with status 0.
func TestStops(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent an interrupt on Windows")
	}
	for _, framework := range names {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			signal := map[bool]os.Signal{true: os.Interrupt, false: syscall.SIGTERM}[framework < "f"]
			testStops(t, framework, signal)
		})
	}
}

func testStops(t *testing.T, framework string, signal os.Signal) {
	cmd := exec.Command(os.Args[0], "-framework", framework, "-addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "SERVER_TEST=run")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`^` + framework + ` on http://(\S+),`).FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("the first line is %q", line)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()

	dial := func() net.Conn {
		c, err := net.Dial("tcp", found[1])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		return c
	}
	idle := dial()
	fmt.Fprintf(idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	if res, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil || res.StatusCode != 200 {
		t.Fatalf("healthz: got %v, %v", res, err)
	}
	inFlight := dial()
	answers := bufio.NewReader(inFlight)
	fmt.Fprintf(inFlight, "POST /auth HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(joe))
	if res, err := http.ReadResponse(answers, nil); err != nil || res.StatusCode != 100 { // the server has begun
		t.Fatalf("the request in flight: got %v, %v; want 100", res, err)
	}
	fmt.Fprint(inFlight, joe[:10])

	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // until it takes no more
		c, err := net.Dial("tcp", found[1])
		if err != nil {
			break
		}
		_ = c.Close()
		if time.Now().After(end) {
			t.Fatalf("after %v it still listens", signal)
		}
	}
	fmt.Fprint(inFlight, joe[10:])
	res, err := http.ReadResponse(answers, nil)
	if err != nil || res.StatusCode != 200 {
		t.Errorf("the request in flight: got %v, %v; want 200", res, err)
	}
	begin := time.Now()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %v, want status 0", signal, err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %v to stop", took)
	}
}
