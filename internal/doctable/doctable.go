// Package doctable holds the tables of docs/frameworks.md to what the frameworks'
// mounts declare, and core/adaptertest measures. The modules of single adapters use
// it too.
package doctable

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/adaptertest"
)

// Check demands that the column says of each request what the mount declares, that
// no row is about another request, and that a case of the suite which the server
// answers itself is named.
func Check(t *testing.T, column string, m adaptertest.Mount) {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	doc := filepath.Join(filepath.Dir(here), "../../docs/frameworks.md")
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	listed := cells(string(text), column)
	for _, c := range adaptertest.ServerCases() {
		if got, ok := listed[c.Name]; !ok || got != m.Answer(c) {
			t.Errorf("docs/frameworks.md: %s, %s: got %q, want %q", column, c.Name, got, m.Answer(c))
		}
		delete(listed, c.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		t.Errorf("docs/frameworks.md: %s: the row %q is not measured", column, name)
	}
	for name := range m.Before {
		if !strings.Contains(string(text), name) {
			t.Errorf("docs/frameworks.md does not say that %s answers %q itself", column, name)
		}
	}
}

// cells are a column of the tables whose first column is the request: by its rows.
func cells(text, column string) map[string]string {
	found := map[string]string{}
	at := -1 // the column's place in the table that we are in
	for line := range strings.Lines(text) {
		row := strings.Split(strings.TrimSpace(line), " | ")
		switch name := strings.TrimPrefix(row[0], "| "); {
		case name == "the request":
			at = slices.Index(row, column)
			if at < 0 {
				at = slices.Index(row, column+" |")
			}
		case !strings.HasPrefix(line, "|"):
			at = -1
		case at > 0 && len(row) > at:
			found[name] = strings.TrimSuffix(row[at], " |")
		}
	}
	return found
}
