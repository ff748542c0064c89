package examples_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/internal/program"
)

// TestReadme keeps the program in the README the one of quickstart-gin, which
// TestQuickstarts runs.
func TestReadme(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("quickstart-gin", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, program, ok := strings.Cut(string(source), "\npackage main\n") // without the comment above it
	if !ok || !strings.Contains(readme(t), "```go\npackage main\n"+program+"```\n") {
		t.Error("the program in README.md is not that of quickstart-gin/main.go")
	}
}

// TestReadmeAnswers types the README's commands, and demands the answers beside
// them. "…" stands for what is left out there.
func TestReadmeAnswers(t *testing.T) {
	for _, name := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(name); err != nil || runtime.GOOS == "windows" {
			t.Skipf("there is no %s", name)
		}
	}
	_, session, ok := strings.Cut(readme(t), "```console\n")
	session, _, closed := strings.Cut(session, "```\n")
	if !ok || !closed {
		t.Fatal("README.md has no block of console")
	}
	s := program.Program{Name: "quickstart-gin"}.Start(t)
	defer s.Interrupt(t)
	var before strings.Builder // what the shell of a later command knows
	n := 0
	for _, part := range strings.Split("\n"+session, "\n$ ")[1:] {
		command, want, _ := strings.Cut(part, "\n")
		command = strings.ReplaceAll(command, "curl ", "curl -s --noproxy '*' --max-time 20 ")
		command = strings.ReplaceAll(command, "127.0.0.1:8080", s.Addr)
		if strings.TrimSpace(want) == "" {
			before.WriteString(command + "\n")
			continue
		}
		n++
		got, err := exec.Command("bash", "-ec", before.String()+command).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if got := string(bytes.TrimSpace(bytes.ReplaceAll(got, []byte("\r"), nil))); !leavesOut(want).MatchString(got) {
			t.Errorf("$ %s\ngot:\n%s\nwant:\n%s", command, got, want)
		}
	}
	if n < 5 {
		t.Errorf("%d answers were compared, want 5 at least", n)
	}
}

// leavesOut matches a text in which "…" stands for anything.
func leavesOut(text string) *regexp.Regexp {
	return regexp.MustCompile(`^(?s:` + strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(text)), "…", ".*") + `)$`)
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
