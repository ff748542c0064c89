// Package examples_test starts the quickstarts for real and calls them, as
// someone who has just copied one would.
package examples_test

import (
	"os"
	"path/filepath"
	"runtime"
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

func TestMain(m *testing.M) { program.Main(m) }
