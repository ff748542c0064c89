package readme_test

import (
	"os"
	"path/filepath"
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
