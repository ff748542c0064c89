package main_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const page = "../../docs/cli.md"

// TestRecordedSessions replays what docs/cli.md shows: each block is one shell, all of
// them in one new directory, and what a command prints must be what stands under it.
// … stands there for whatever is left of a line, alone in a line for any lines.
func TestRecordedSessions(t *testing.T) {
	sh := bash(t)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	sessions := sessionsIn(string(text))
	dir, bin := t.TempDir(), build(t)
	seen := map[string]bool{}
	for _, s := range sessions {
		for i, got := range s.replay(t, sh, dir, bin) {
			if c := s[i]; !matches(c.want, got) {
				t.Errorf("$ %s\nprints\n%s\nand the page says\n%s", c.line, got, c.want)
			}
			for _, call := range regexp.MustCompile(`jwtgate ((?:keys |token )?[a-z0-9]+)`).FindAllStringSubmatch(s[i].line, -1) {
				seen[call[1]] = true
			}
		}
	}
	for _, name := range listed(t, bin) {
		if !seen[name] {
			t.Errorf("the page shows no jwtgate %s", name)
		}
	}
}

// bash is the shell that the page, the completions and the lines of serve are for. The
// gate's machines have it.
func bash(t *testing.T) (path string) {
	t.Helper()
	path, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("a session is bash's: there is none here, or one that does not know this machine's paths")
	}
	return path
}

// TestMatches: a changed word is found.
func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		want, got string
		ok        bool
	}{
		{"a b\n", "a b\n", true}, {"a …\n", "a b c\n", true}, {"a … c\n", "a b c\n", true}, {"a\n…\nz\n", "a\nb\nc\nz\n", true}, {"a\n…\n", "a\n", true},
		{"a b\n", "a c\n", false}, {"a … d\n", "a b c\n", false}, {"a\n", "a\nb\n", false}, {"a\n…\nz\n", "a\nb\n", false}, {"", "x\n", false}, {"…b\n", "ab\nab\n", false},
	} {
		if matches(tt.want, tt.got) != tt.ok {
			t.Errorf("%q for %q: got %v", tt.want, tt.got, !tt.ok)
		}
	}
}

// command is a line of a session, and what stands under it.
type command struct{ line, want string }

type session []command

func sessionsIn(text string) (all []session) {
	for _, block := range regexp.MustCompile("(?ms)^```console\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		var s session
		for _, line := range strings.SplitAfter(block[1], "\n") {
			if call, ok := strings.CutPrefix(line, "$ "); ok {
				s = append(s, command{line: strings.TrimSuffix(call, "\n")})
			} else if len(s) > 0 {
				s[len(s)-1].want += line
			}
		}
		for i := range s {
			s[i].want = strings.TrimRight(s[i].want, "\n")
			if s[i].want != "" {
				s[i].want += "\n"
			}
		}
		all = append(all, s)
	}
	return all
}

// replay runs the commands in one shell and returns what each printed.
func (s session) replay(t *testing.T, sh, dir, bin string) []string {
	t.Helper()
	const mark = "--- end of a command ---"
	var script strings.Builder
	for _, c := range s {
		fmt.Fprintf(&script, "%s\nstatus=$?; echo '%s'; (exit $status)\n", c.line, mark)
	}
	cmd := exec.Command(sh, "-c", script.String())
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + filepath.Dir(bin) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "TZ=UTC"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { killGroup(cmd) })
	_ = cmd.Wait()
	limit.Stop()
	killGroup(cmd) // a server that a session left behind
	got := strings.Split(out.String(), mark+"\n")
	if len(got) != len(s)+1 {
		t.Fatalf("the session\n%v\nended early:\n%s", s, out.String())
	}
	for i := range got {
		if got[i] = strings.TrimRight(got[i], "\n"); got[i] != "" {
			got[i] += "\n"
		}
	}
	return got[:len(s)]
}

// matches compares by the rule of the page.
func matches(want, got string) bool {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, line := range strings.SplitAfter(want, "\n") {
		if line == "…\n" {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		for i, piece := range strings.Split(line, "…") {
			if i > 0 {
				b.WriteString(`.*`)
			}
			b.WriteString(regexp.QuoteMeta(piece))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String()).MatchString(got)
}

// build makes the command, once for all tests.
func build(t *testing.T) (bin string) {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

var buildDir string

var built = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(buildDir, "jwtgate")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "jwtgate")
	if err != nil {
		log.Fatal(err)
	}
	buildDir = dir
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// listed are the commands that help lists.
func listed(t *testing.T, bin string) (names []string) {
	t.Helper()
	out, err := exec.Command(bin, "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^  jwtgate (.+?)  `).FindAllStringSubmatch(string(out), -1) {
		names = append(names, strings.TrimSpace(m[1]))
	}
	if len(names) < 8 {
		t.Fatalf("help lists %q", names)
	}
	return names
}
