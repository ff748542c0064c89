package readme_test

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/internal/metrics"
)

// TestMetrics: docs/observability.md has a row for each metric, with its labels.
func TestMetrics(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "observability.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := metrics.Table(metrics.Options{Routes: true})
	if rows := strings.Count(string(text), "\n| `jwtgate_"); rows != len(all) {
		t.Errorf("there are %d rows for %d metrics", rows, len(all))
	}
	for _, m := range all {
		_, row, ok := strings.Cut(string(text), "\n| `"+strings.ReplaceAll(m.Name, ".", "_"))
		row, _, _ = strings.Cut(row, "\n")
		if !ok {
			t.Errorf("there is no row for %s", m.Name)
		}
		for _, l := range m.Labels {
			if !strings.Contains(row, l.Name) {
				t.Errorf("the row of %s lacks the label %s", m.Name, l.Name)
			}
		}
	}
}

// TestLogsHaveOneUnit: nobody in this project writes a duration into a log but in
// milliseconds, under a name that says so.
func TestLogsHaveOneUnit(t *testing.T) {
	other := regexp.MustCompile(`slog\.Duration\(|\.(Debug|Info|Warn|Error|Log)(Context)?\([^\n]*(time\.Since|\.Sub\(|\.Seconds\(|\.(Micro|Nano)seconds\()`)
	files := 0
	err := filepath.WalkDir(root(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return cmp.Or(err, fs.SkipDir)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), `"log/slog"`) {
			files++
			if m := other.Find(text); m != nil {
				t.Errorf("%s: %s: write milliseconds, as core/logging.go does", path, m)
			}
		}
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("looked at %d files, %v", files, err)
	}
}
