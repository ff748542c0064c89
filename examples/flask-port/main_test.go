package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestMain is the program itself, if the test starts it again as a process.
func TestMain(m *testing.M) {
	if os.Getenv("FLASK_PORT_TEST") == "run" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const secret = "5be0c3a18f7d42966e1a0d94c8b3f752"

// run starts the program with an address of its own and returns its URL.
func run(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FLASK_PORT_TEST=run", "GIN_MODE=release", "ADDR="+addr, "SECRET_KEY="+secret)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	for range 1200 { // bcrypt takes its time under the race detector
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return "http://" + addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it does not listen after a minute")
	return ""
}

func call(t *testing.T, method, url, authorization, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, strings.TrimSpace(string(got))
}

func TestPort(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent an interrupt on Windows")
	}
	url := run(t)
	login := map[string]string{}
	for _, name := range []string{"user1", "user2"} {
		res, body := call(t, "POST", url+"/auth", "", `{"username":"`+name+`","password":"abcxyz"}`)
		var answer map[string]string
		if err := json.Unmarshal([]byte(body), &answer); err != nil || res.StatusCode != 200 || len(answer) != 1 {
			t.Fatalf("login of %s: got %d %s", name, res.StatusCode, body)
		}
		login[name] = answer["access_token"]
	}
	key, err := keys.NewSecret([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	nobody := jwttest.Mint(t, key, core.Payload{"identity": 3})
	ended := jwttest.Mint(t, key, core.Payload{"identity": 1}, jwttest.Expired())
	refusal := func(title, description string) string {
		return `{"description":"` + description + `","error":"` + title + `","status_code":401}`
	}
	for _, tt := range []struct {
		name, method, path, authorization, body string
		status                                  int
		want                                    string
	}{
		{"user1", "GET", "/protected", "JWT " + login["user1"], "", 200, "User(id='1')"},
		{"user2", "GET", "/protected", "jwt " + login["user2"], "", 200, "User(id='2')"},
		{"no token", "GET", "/protected", "", "", 401, refusal("Authorization Required", "Request does not contain an access token")},
		{"expired", "GET", "/protected", "JWT " + ended, "", 401, refusal("Invalid token", "Signature has expired")},
		{"forged", "GET", "/protected", "JWT " + login["user1"] + "X", "", 401, refusal("Invalid token", "Signature verification failed")},
		{"nobody", "GET", "/protected", "JWT " + nobody, "", 401, refusal("Invalid JWT", "User does not exist")},
		{"wrong password", "POST", "/auth", "", `{"username":"user1","password":"abc"}`, 401, refusal("Bad Request", "Invalid credentials")},
		{"unknown user", "POST", "/auth", "", `{"username":"user3","password":"abcxyz"}`, 401, refusal("Bad Request", "Invalid credentials")},
	} {
		res, got := call(t, tt.method, url+tt.path, tt.authorization, tt.body)
		if res.StatusCode != tt.status || got != tt.want {
			t.Errorf("%s: got %d %s, want %d %s", tt.name, res.StatusCode, got, tt.status, tt.want)
		}
	}
}

func TestNeedsSecret(t *testing.T) {
	for _, environ := range [][]string{nil, {"SECRET_KEY=super-secret"}} {
		if _, err := newAuth(environ); err == nil {
			t.Errorf("%q: it starts", environ)
		}
	}
	if _, err := newAuth([]string{"SECRET_KEY=super-secret", "JWT_INSECURE_SHORT_SECRET=1"}); err != nil {
		t.Errorf("a short secret that is allowed: %v", err)
	}
}
