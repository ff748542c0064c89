package migrate_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestIndex holds the index to the guides: what each begins from, how many lines of the
// program were there before and are there now, and which of them are others.
func TestIndex(t *testing.T) {
	rows := table(read(t, "README.md"), "from")
	if len(rows) != len(moves) {
		t.Errorf("the index has %d rows, want %d", len(rows), len(moves))
	}
	for i, m := range moves {
		old, new := program(t, m.old), program(t, m.new)
		kept := common(old, new)
		want := fmt.Sprintf("%d to %d, %d the same", len(old), len(new), kept)
		if i >= len(rows) || len(rows[i]) != 3 || !strings.Contains(rows[i][0], "["+m.from+"]("+m.guide) || rows[i][1] != want {
			t.Errorf("want a row for [%s](%s…) with %q", m.from, m.guide, want)
		}
	}
}

// program returns the lines of a program without comments, imports and empty lines.
func program(t *testing.T, files []string) (lines []string) {
	t.Helper()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		importing := false
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "import (") || strings.HasPrefix(line, "from ") && strings.HasSuffix(line, "("):
				importing = true
			case importing:
				importing = line != ")"
			case line == "" || strings.HasPrefix(line, "//") || strings.HasPrefix(line, `"""`) || strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "from "):
			default:
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// common is the length of the longest common subsequence.
func common(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		before := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			before = above
		}
	}
	return row[len(b)]
}
