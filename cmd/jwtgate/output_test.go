package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"
)

// cli runs the command in a directory of its own.
type cli struct {
	t        *testing.T
	bin, dir string
}

func newCLI(t *testing.T) cli { return cli{t, build(t), t.TempDir()} }

// call runs a line, whose arguments have no spaces, and returns both outputs apart.
func (c cli) call(env []string, in, line string) (out, told string, status int) {
	c.t.Helper()
	cmd := exec.Command(c.bin, strings.Fields(line)...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.dir, append([]string{"HOME=/", "NO_PROXY=*"}, env...), strings.NewReader(in)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func (c cli) write(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// must runs a line that has to go well.
func (c cli) must(line string) string {
	c.t.Helper()
	out, told, status := c.call(nil, "", line)
	if status != 0 {
		c.t.Fatalf("jwtgate %s: %d, %s", line, status, told)
	}
	return strings.TrimSpace(out)
}

// TestJSON: with -o json standard output is one object of the members that the page
// lists, whatever happens, and nothing stands beside it.
func TestJSON(t *testing.T) {
	c := newCLI(t)
	c.must("keys new key.pem")
	token := c.must("token mint -key key.pem aud=orders")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]map[string]bool{} // members by command
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z ]+`|each .*?) \\| (.*) \\|$").FindAllStringSubmatch(string(text), -1) {
		members := map[string]bool{}
		for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(regexp.MustCompile(`\(.*?\)`).ReplaceAllString(row[2], ""), -1) {
			members[m[1]] = true
		}
		listed[strings.ReplaceAll(row[1], "`", "")] = members
	}
	seen := map[string]map[string]bool{}
	for _, tt := range []struct {
		line, row string
		status    int
	}{
		{"keys new -o json a.pem", "keys new", 0}, {"keys new -o json", "keys new", 0}, {"keys new -o json -alg HS384 secret", "keys new", 0},
		{"keys public -o json key.pem", "keys public", 0}, {"keys jwks -o json key.pem", "keys jwks", 0},
		{"keys rotate -alg PS256 ring -o json", "keys rotate", 0}, {"token mint -key key.pem -o json", "token mint", 0},
		{"token inspect -o=json " + token, "token inspect", 0}, {"token inspect --o json e30.e30.x", "token inspect", 0},
		{"verify -o json -key key.pem -aud orders " + token, "verify", 0}, {"verify -o json -key key.pem -aud x " + token, "verify", 1},
		{"verify -o json -oidc https://127.0.0.1:1 -aud x " + token, "verify", 3},
		{"doctor -o json", "doctor", 1}, {"completion fish -o json", "completion", 0}, {"man -o json", "man", 0}, {"version -o json", "version", 0},
		{"help verify -o json", "each with -h", 0}, {"verify -h -o json", "each with -h", 0}, {"keys -h -o json", "each with -h", 0},
		{"verfy -o json", "each that fails", 2}, {"keys -o json", "each that fails", 2}, {"verify -o json -jwk x", "each that fails", 2}, {"verify -jwk x -o json", "each that fails", 2},
		{"keys new -alg X -o json", "each that fails", 2}, {"keys public -o json nowhere", "each that fails", 3}, {"keys new -o json key.pem", "each that fails", 3},
		{"token inspect -o json x", "each that fails", 1}, {"token mint -o json -key key.pem exp=soon", "each that fails", 2},
		{"serve -o json -addr 0.0.0.0:0", "each that fails", 2}, {"verify -o json x", "each that fails", 2}, {"completion -o json", "each that fails", 2},
		{"version -o json extra", "each that fails", 2}, {"doctor -o json extra", "each that fails", 2},
	} {
		if strings.Contains(tt.line, " ring ") {
			if err := os.Mkdir(filepath.Join(c.dir, "ring"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		out, told, status := c.call(nil, "", tt.line)
		var got map[string]any
		d := json.NewDecoder(strings.NewReader(out))
		if err := d.Decode(&got); err != nil || d.More() || told != "" || status != tt.status {
			t.Errorf("%s: %v, status %d, want %d: %s\nbeside it: %s", tt.line, err, status, tt.status, out, told)
			continue
		}
		if seen[tt.row] == nil {
			seen[tt.row] = map[string]bool{}
		}
		for name := range got {
			seen[tt.row][name] = true
			if !listed[tt.row][name] {
				t.Errorf("%s: the page has no member %s in %q", tt.line, name, tt.row)
			}
		}
	}
	delete(listed, "serve") // TestServe reads its own
	for row, members := range listed {
		for name := range members {
			if !seen[row][name] && name != "claim" && name != "removed" {
				t.Errorf("the page lists %s in %q, and nothing has it", name, row)
			}
		}
	}
}

// TestNothingCommandsTheTerminal: what others wrote, into a token, a key set or an
// answer, is printed without what a terminal obeys or does not show, as text and as JSON.
func TestNothingCommandsTheTerminal(t *testing.T) {
	c := newCLI(t)
	c.must("keys new -alg ES256 key.pem")
	const evil = "\x1b]0;x\a\u009b31m\u202e\u2066\u200b\ufeff\x7f\b"
	text, _ := json.Marshal(evil) // escapes what JSON must not have; the rest as it is
	raw := strings.ReplaceAll(string(text), `\u007f`, "\x7f")
	e := base64.RawURLEncoding.EncodeToString
	segment := func(text string) string { return e([]byte(text)) }
	c.write("forged", segment(`{"alg":"none","kid":`+raw+`,`+raw+`:1}`)+"."+segment(`{"sub":`+raw+`,`+raw+`:`+raw+`,"a":"`+"\xff"+`"}`)+"."+e([]byte("x")))
	c.write("text", evil)
	token, told, _ := c.call(nil, "", "token mint -key key.pem sub="+evil+" "+evil+"=1 aud:="+strings.ReplaceAll(raw, " ", ""))
	if c.write("token", token); token == "" {
		t.Fatal(told)
	}
	redis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	go func() {
		for {
			conn, err := redis.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			_, _ = fmt.Fprintf(conn, "-ERR unknown command 'AUTH', with args beginning with: 'hunter2' %s\r\n", evil)
			_ = conn.Close()
		}
	}()
	for _, line := range []string{
		"token inspect -file forged", "token inspect -file token", "token inspect -file text", "verify -key key.pem -file forged", "verify -key key.pem -file text",
		"verify -key key.pem -file token", "verify -key key.pem -aud x -file token", "verify -key key.pem -iss x -file token", "verify -key key.pem -require x -file token",
		"token mint -key key.pem " + evil, "token mint -key key.pem a=" + evil + " -o json", "keys public " + evil, "keys " + evil, evil, "doctor -redis redis://:hunter2@" + redis.Addr().String(),
	} {
		for _, form := range []string{"", " -o json"} {
			out, told, _ := c.call([]string{"JWT_SECRET_KEY_FILE=key.pem"}, "", line+form)
			if i := strings.IndexFunc(out+told, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 || out+told == "" {
				t.Errorf("%q%s prints %q", line, form, out+told)
			}
			if strings.Contains(out+told, "hunter2") {
				t.Errorf("%q%s shows a password: %s", line, form, out+told)
			}
			if form != "" && !json.Valid([]byte(out)) {
				t.Errorf("%q%s is no JSON: %q", line, form, out)
			}
		}
	}
}

// TestLostOutput: what could not be printed is no yes.
func TestLostOutput(t *testing.T) {
	c := newCLI(t)
	c.must("keys new key.pem")
	for _, line := range []string{"keys new", "keys public key.pem", "token mint -key key.pem", "man", "completion bash", "help", "version -o json"} {
		closed, err := os.Open(filepath.Join(c.dir, "key.pem")) // to be read alone
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(c.bin, strings.Fields(line)...)
		cmd.Dir, cmd.Stdout = c.dir, closed
		if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 3 {
			t.Errorf("%s: %v, want status 3", line, err)
		}
		_ = closed.Close()
	}
}

// TestInterrupted: what waits ends when it is told to, as any program does.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signal that a test could send to one process")
	}
	c := newCLI(t)
	for _, line := range []string{"verify -key x", "token inspect", "keys public"} {
		r, w, err := os.Pipe() // from which nothing comes
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(c.bin, strings.Fields(line)...)
		cmd.Stdin = r
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		limit := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_, _ = w.Write(make([]byte, 256<<10)) // more than a pipe holds: now it reads
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err == nil || !limit.Stop() {
			t.Errorf("%s does not end: %v", line, err)
		}
		_, _ = r.Close(), w.Close()
	}
}

// TestMisspelt: what is near to a command or a flag is named, and a token that stands
// behind it is not repeated.
func TestMisspelt(t *testing.T) {
	c := newCLI(t)
	for line, want := range map[string]string{
		"verfy SECRET": "did you mean verify?", "--version": "did you mean version?", "key new": "did you mean keys?", "keys nwe": "did you mean keys new?",
		"tokens mint": "did you mean token?", "mint": "did you mean token mint?", "SECRET": "no command", "verify -jwk x": "did you mean -jwks?", "verify -audience x": "no flag -audience",
		"keys new -alg es256 x": "did you mean ES256?", "serve -alg rs265": "did you mean RS256?", "help verfy": "did you mean verify?", "keys": "keys rotate", "token": "token inspect",
	} {
		out, told, status := c.call(nil, "", line)
		if status != 2 || out != "" || !strings.Contains(told, want) || strings.Contains(told, "SECRET") && line != "SECRET" {
			t.Errorf("%s: %d, %s, want %s", line, status, told, want)
		}
	}
	for _, line := range []string{"help keys", "keys -h", "keys --help", "token help", "-h", "help help"} {
		if out, told, status := c.call(nil, "", line); status != 0 || !strings.Contains(out, "jwtgate token inspect") && !strings.Contains(out, "jwtgate keys rotate") {
			t.Errorf("%s: %d, %s%s", line, status, out, told)
		}
	}
}
