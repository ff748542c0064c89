// Package examples_test starts the quickstarts for real and calls them, as
// someone who has just copied one would.
package examples_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	// go test repeats an old result while the test binary is the same. What the
	// quickstarts are made of belongs to it, so that a change there runs them again.
	_ "github.com/jwtgate/jwtgate/core"
	_ "github.com/jwtgate/jwtgate/echojwt"
	_ "github.com/jwtgate/jwtgate/fiberjwt"
	_ "github.com/jwtgate/jwtgate/ginjwt"
	"github.com/jwtgate/jwtgate/internal/program"
	_ "github.com/jwtgate/jwtgate/nethttpjwt"
)

var quickstarts = []string{"gin", "echo", "fiber", "nethttp"}

func TestQuickstarts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent an interrupt on Windows")
	}
	for _, name := range quickstarts {
		t.Run(name, func(t *testing.T) {
			// So that go test knows the source among what this test reads.
			if _, err := os.ReadFile(filepath.Join("quickstart-"+name, "main.go")); err != nil {
				t.Fatal(err)
			}
			program.Program{Name: "quickstart-" + name}.Start(t).Quickstart(t)
		})
	}
}

// TestReadme keeps the program in the README the one of quickstart-gin, which the
// test above runs.
func TestReadme(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("quickstart-gin", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, program, ok := strings.Cut(string(source), "\npackage main\n") // without the comment above it
	if !ok || !strings.Contains(string(readme), "```go\npackage main\n"+program+"```\n") {
		t.Error("the program in README.md is not that of quickstart-gin/main.go")
	}
}

func TestMain(m *testing.M) { program.Main(m) }
