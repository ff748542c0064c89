// Package modules_test starts the quickstarts of the adapters that are modules of
// their own.
package modules_test

import (
	"runtime"
	"testing"

	// What the quickstarts are made of belongs to the test binary, so that a change
	// there runs them again.
	_ "github.com/jwtgate/jwtgate/echov5jwt"
	_ "github.com/jwtgate/jwtgate/fiberv3jwt"
	_ "github.com/jwtgate/jwtgate/hertzjwt"
	"github.com/jwtgate/jwtgate/internal/program"
)

func TestQuickstarts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent an interrupt on Windows")
	}
	for _, name := range []string{"echov5", "fiberv3", "hertz"} {
		t.Run(name, func(t *testing.T) {
			program.Program{Name: "quickstart-" + name}.Start(t).Quickstart(t)
		})
	}
}

func TestMain(m *testing.M) { program.Main(m) }
