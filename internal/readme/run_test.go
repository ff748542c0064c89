package readme_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTestingPage runs the tests of docs/testing.md, all in one package, as their reader
// would.
func TestTestingPage(t *testing.T) {
	dir := t.TempDir()
	if err := writeModule(dir, root(t)); err != nil {
		t.Fatal(err)
	}
	want := 0
	for i, b := range documents(t, "docs/testing.md")[0].blocks {
		if b.language != "go" || !strings.Contains(b.text, "\nfunc Test") {
			continue
		}
		want++
		files, err := sources(b)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			if name == "block.go" {
				name = fmt.Sprintf("block%d_test.go", i)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	test := exec.Command("go", "test", "-vet=off", "-v", ".")
	test.Dir = dir
	test.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	out, err := test.CombinedOutput()
	if passed := strings.Count(string(out), "\n--- PASS"); err != nil || passed != want || want < 4 {
		t.Errorf("%d of %d tests pass: %v\n%s", passed, want, err, out)
	}
}
