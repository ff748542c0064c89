package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// TestMain is the program itself where the tests start nodes, with more users,
// whose passwords are quick to check.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		hash, err := bcrypt.GenerateFromPassword([]byte("pass"), bcrypt.MinCost)
		if err != nil {
			panic(err)
		}
		for i := range workers {
			hashes[userName(i)] = hash
		}
		main()
		return
	}
	os.Exit(m.Run())
}

func userName(i int) string { return fmt.Sprintf("user-%d", i) }

const staleness = time.Second

// newCluster starts everything until the test ends.
func newCluster(t *testing.T) (c *cluster, url string) {
	for _, need := range []string{"redis-server", "nginx"} {
		if _, err := exec.LookPath(need); err != nil && os.Getenv("JWTGATE_CLUSTER") == "required" {
			t.Fatalf("%s is not installed, and JWTGATE_CLUSTER says that it is required", need)
		} else if err != nil && need == "redis-server" {
			t.Skip("redis-server is not installed (Debian: apt install redis-server); this test needs it")
		}
	}
	addr, err := freeAddr()
	check(t, err)
	log := &log{}
	c, err = start(t.TempDir(), addr, "3e8b1f6a0d9c4752b8e1a7f05c2d9461", staleness, log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		c.stop()
		text := log.String()
		if t.Failed() {
			t.Log(text[max(0, len(text)-8<<10):])
		}
		for _, bad := range []string{"panic", "level=ERROR"} {
			if strings.Contains(text, bad) {
				t.Errorf("somebody logs %s:\n%s", bad, text)
			}
		}
	})
	t.Log(c)
	return c, "http://" + addr
}

// log is what all processes print.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// answer is what any of the endpoints can say. Status 0 is no answer.
type answer struct {
	Status   int      `json:"-"`
	Error    string   `json:"error"`
	User     string   `json:"user"`
	Node     string   `json:"node"`
	Access   string   `json:"access_token"`
	Refresh  string   `json:"refresh_token"`
	Sessions []listed `json:"sessions"`
}

type listed struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	Current bool   `json:"current"`
}

const agent = "cluster test"

// ask makes a request, with an access token unless that is empty.
func ask(client *http.Client, method, url, access, body string) (a answer) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{Error: err.Error()}
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if access != "" {
		r.Header.Set("Authorization", "Bearer "+access)
	}
	r.Header.Set("User-Agent", agent)
	res, err := client.Do(r)
	if err != nil {
		return answer{Error: err.Error()}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && len(text) > 0 {
		if err = json.Unmarshal(text, &a); err != nil { // nginx's own page
			err = fmt.Errorf("%d %s", res.StatusCode, text)
		}
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	a.Status = res.StatusCode
	return a
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Error) }

func login(user string) string    { return fmt.Sprintf(`{"username":%q,"password":"pass"}`, user) }
func refresh(token string) string { return fmt.Sprintf(`{"refresh_token":%q}`, token) }

// sid is the session of an access token.
func sid(access string) string {
	var claims struct{ Sid string }
	parts := strings.Split(access+"..", ".")
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	_ = json.Unmarshal(text, &claims)
	return claims.Sid
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSecretFile: a node takes its secret from a file, as Kubernetes mounts it, and says
// what is wrong with that.
func TestSecretFile(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	file := filepath.Join(t.TempDir(), "secret")
	for _, tt := range []struct{ secret, want string }{
		{"", "CLUSTER_SECRET_FILE"},
		{"short\n", "CLUSTER_SECRET:"},
		{"3e8b1f6a0d9c4752b8e1a7f05c2d9461\n", ""},
	} {
		if tt.secret != "" {
			check(t, os.WriteFile(file, []byte(tt.secret), 0o600))
		}
		t.Setenv("CLUSTER_SECRET_FILE", file)
		err := node(ended, []string{"-addr", "127.0.0.1:0"})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %q", tt.secret, err, tt.want)
		}
	}
}
