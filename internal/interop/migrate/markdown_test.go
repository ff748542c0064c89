package migrate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// read returns the lines of a file of docs/migrate.
func read(t *testing.T, guide string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "migrate", guide))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// section returns the lines under a heading, up to the next of its level or above.
func section(t *testing.T, guide, heading string) (lines []string) {
	t.Helper()
	inside := false
	for _, line := range read(t, guide) {
		if strings.HasPrefix(line, "## ") {
			inside = line == "## "+heading
		} else if inside {
			lines = append(lines, line)
		}
	}
	if lines == nil {
		t.Fatalf("docs/migrate/%s has no section %q", guide, heading)
	}
	return lines
}

// table returns the cells of the rows of the table whose first column has this name.
func table(lines []string, first string) (rows [][]string) {
	inside := false
	for _, line := range lines {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case cells[0] == first:
			inside = true
		case inside && !strings.HasPrefix(line, "|---"):
			rows = append(rows, cells)
		}
	}
	return rows
}

// fenced is the block that begins on the first line, without its indentation.
func fenced(lines []string) string {
	if !strings.HasPrefix(lines[0], "```") {
		return ""
	}
	for i, line := range lines[1:] {
		if line == "```" {
			return flat(strings.Join(lines[1:i+1], "\n"))
		}
	}
	return ""
}

// flat is code without indentation.
func flat(code string) string {
	lines := strings.Split(code, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
