package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// nodeMajor is the oldest Node.js that the peers run on.
const nodeMajor = 20

// needPeers skips a test where the npm packages of the directory peers cannot be
// had, and says why. With JWTGATE_PEERS=required it fails instead.
func needPeers(t *testing.T) {
	t.Helper()
	err := peersReady()
	switch {
	case err == nil:
	case os.Getenv("JWTGATE_PEERS") == "required":
		t.Fatalf("JWTGATE_PEERS is required, but %v", err)
	default:
		t.Skipf("this test needs Node.js %d or newer and npm: %v", nodeMajor, err)
	}
}

// peersReady installs what package-lock.json names, once, and says what is missing.
var peersReady = sync.OnceValue(func() error {
	version, err := exec.Command("node", "--version").Output()
	if err != nil {
		return fmt.Errorf("node --version: %w", err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(version), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < nodeMajor {
		return fmt.Errorf("node is %s", bytes.TrimSpace(version))
	}
	// npm writes this file last.
	installed := filepath.Join("peers", "node_modules", ".package-lock.json")
	if newer(installed, filepath.Join("peers", "package-lock.json")) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = "peers"
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
})

// newer reports whether a file was written after another one.
func newer(file, than string) bool {
	a, errA := os.Stat(file)
	b, errB := os.Stat(than)
	return errA == nil && errB == nil && a.ModTime().After(b.ModTime())
}

// A provider is oidc-provider in a process of its own.
type provider struct {
	issuer string
	stop   func()
}

// port is where the provider listens, for another one to take its place.
func (p *provider) port(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(p.issuer)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// startProvider starts an OpenID provider with new keys, one for each of the
// algorithms, on a port; "" is any free one. It ends with the test at the latest.
func startProvider(t *testing.T, port string, algorithms ...string) *provider {
	t.Helper()
	cmd := exec.Command("node", "op.mjs")
	cmd.Dir = "peers"
	cmd.Env = append(os.Environ(), "PORT="+port, "ALGORITHMS="+strings.Join(algorithms, " "))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = stdin.Close() // it ends with its input
		patience := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer patience.Stop()
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	// Whoever waits below waits no longer than this.
	patience := time.AfterFunc(time.Minute, stop)
	defer patience.Stop()

	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if issuer, ok := strings.CutPrefix(lines.Text(), "issuer "); ok {
			return &provider{issuer, stop}
		}
	}
	stop()
	t.Fatalf("oidc-provider did not start:\n%s", &stderr)
	return nil
}

// token asks the provider for an access token that is signed with an algorithm.
func (p *provider) token(t *testing.T, alg, resource, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {resource}, "scope": {scope}}
	r, err := http.NewRequest(http.MethodPost, p.issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(alg), url.QueryEscape("the secret of a test"))
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Token == "" {
		t.Fatalf("the provider answered %s: %s", res.Status, body)
	}
	return answer.Token
}

// client makes the tests' own requests. Connections are not kept, since the one
// on the other side may have been replaced in between.
var client = &http.Client{
	Timeout:   20 * time.Second,
	Transport: &http.Transport{DisableKeepAlives: true},
}

// A task is what a program in the directory peers is asked to do, a result what it
// answers.
type task map[string]any

type result struct {
	Error   string          `json:"error"`
	Token   string          `json:"token"`
	JWK     json.RawMessage `json:"jwk"`
	Payload map[string]any  `json:"payload"`
	Header  map[string]any  `json:"header"`
}

// askJose lets the npm package jose do some tasks, and stores the list of the
// results in what results points to.
func askJose(t *testing.T, tasks []task, results any) {
	t.Helper()
	ask(t, tasks, results, "node", "jose.mjs")
}

// ask lets a program in the directory peers do some tasks.
func ask(t *testing.T, tasks []task, results any, program ...string) {
	t.Helper()
	input, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], program[1:]...)
	cmd.Dir = "peers"
	cmd.Stdin = bytes.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), results); err != nil {
		t.Fatalf("%s printed %q: %v", program, &stdout, err)
	}
}
