package readme_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// A cell names a test by the directory of its package, or a script of .ci.
var (
	namedTest = regexp.MustCompile("^`([a-z0-9/]+)/((?:Test|Example|Fuzz)[A-Za-z0-9_]+)`(?: \\(([^)]+)\\))?$")
	namedStep = regexp.MustCompile("^`(\\.ci/[a-z]+)`$")
	listed    = regexp.MustCompile("(?:^|, )(`[^`]*`(?: \\([^)]*\\))?)")
)

// TestGuarantees holds SECURITY.md to its table of guarantees: what is said to
// hold us to a row must exist.
func TestGuarantees(t *testing.T) {
	tree := os.DirFS(root(t))
	text, err := fs.ReadFile(tree, "SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	n, err := checkGuarantees(tree, string(text))
	if err != nil {
		t.Error(err)
	}
	if n < 100 {
		t.Errorf("%d rows were read, want 100 at least", n)
	}
}

func TestGuaranteesRed(t *testing.T) {
	tree := fstest.MapFS{
		".ci/run":            {},
		"core/key.go":        {Data: []byte("package core\nfunc TestOther(t T) {}\n")},
		"core/key_test.go":   {Data: []byte("package core\nfunc TestKey(t *testing.T) {\n\tt.Run(\"a case, one\", f)\n}\n")},
		"core/sub/a_test.go": {Data: []byte("package sub\nfunc TestSub(t *testing.T) {}\n")},
	}
	tests := []struct {
		cell string
		ok   bool
	}{
		{"`core/TestKey`", true},
		{"`core/TestKey` (a case, one), `core/sub/TestSub`, `.ci/run`", true},
		{"`core/TestKeys`", false},
		{"`core/TestKe`", false},
		{"`core/TestSub`", false},
		{"`core/TestOther`", false}, // in no file of tests
		{"`core/TestKey` (another case)", false},
		{"`core/TestKey`, `sub/TestSub`", false},
		{"`core/TestKey`, TestSub", false},
		{"`TestKey`", false},
		{"`.ci/walk`", false},
		{"", false},
	}
	for _, tt := range tests {
		n, err := checkGuarantees(tree, "<!-- guarantees: begin -->\n| attack | what we do | test |\n| --- | --- | --- |\n| a | b | "+
			tt.cell+" |\n<!-- guarantees: end -->")
		if n != 1 || (err == nil) != tt.ok {
			t.Errorf("%s: %d rows, %v", tt.cell, n, err)
		}
	}
}

// checkGuarantees returns the number of rows, and an error for whatever one names
// that does not exist.
func checkGuarantees(tree fs.FS, text string) (rows int, err error) {
	_, table, _ := strings.Cut(text, "<!-- guarantees: begin -->\n")
	table, _, closed := strings.Cut(table, "<!-- guarantees: end -->")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if !closed || len(lines) < 3 {
		return 0, errors.New("there is no table of guarantees")
	}
	var errs []error
	for _, line := range lines[2:] {
		rows++
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
		if len(cells) != 3 {
			errs = append(errs, fmt.Errorf("not three cells: %s", line))
			continue
		}
		if rest := listed.ReplaceAllString(cells[2], ""); rest != "" || cells[2] == "" {
			errs = append(errs, fmt.Errorf("not a list of tests: %s", line))
		}
		for _, m := range listed.FindAllStringSubmatch(cells[2], -1) {
			if err := findNamed(tree, m[1]); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", m[1], err))
			}
		}
	}
	return rows, errors.Join(errs...)
}

// findNamed looks for a test in the files of its directory. Its case, in brackets,
// may stand in any file, since tables are often shared.
func findNamed(tree fs.FS, named string) error {
	if m := namedStep.FindStringSubmatch(named); m != nil {
		_, err := fs.Stat(tree, m[1])
		return err
	}
	m := namedTest.FindStringSubmatch(named)
	if m == nil {
		return errors.New("is no directory and name of a test")
	}
	files, err := fs.Glob(tree, path.Join(m[1], "*_test.go"))
	if err != nil {
		return err
	}
	found := false
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		found = found || strings.Contains(string(text), "\nfunc "+m[2]+"(")
	}
	if !found {
		return errors.New("no such test there")
	}
	if m[3] == "" {
		return nil
	}
	for name := range strings.SplitSeq(m[3], "; ") {
		if !someGoFile(tree, name) {
			return fmt.Errorf("no Go file has a case %q", name)
		}
	}
	return nil
}

// someGoFile tells whether a case's name, or its beginning, is a string in the tree.
func someGoFile(tree fs.FS, name string) bool {
	found := errors.New("found")
	return fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".go" {
			return err
		}
		text, err := fs.ReadFile(tree, file)
		if strings.Contains(string(text), `"`+name) {
			return found
		}
		return err
	}) == found
}
