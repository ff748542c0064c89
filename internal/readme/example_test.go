package readme_test

import (
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamplesRun: an Example without an Output is compiled and never run, so what it
// shows may fail at its first line.
func TestExamplesRun(t *testing.T) {
	n := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, example := range doc.Examples(file) {
			n++
			if example.Output == "" && !example.EmptyOutput {
				t.Errorf("%s: Example%s has no Output", path, example.Name)
			}
		}
		return nil
	})
	if err != nil || n < 50 {
		t.Errorf("%d examples, %v", n, err)
	}
}
