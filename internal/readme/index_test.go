package readme_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestIndexes demands that whoever begins at an index finds everything: each page
// of docs from docs/README.md, and each example from examples/README.md.
func TestIndexes(t *testing.T) {
	tree := os.DirFS(root(t))
	for _, page := range unlisted(t, tree, "docs/README.md", pagesBelow(t, tree, "docs")) {
		t.Errorf("docs/README.md does not lead to %s", page)
	}
	for _, dir := range unlisted(t, tree, "examples/README.md", programsBelow(t, tree, "examples")) {
		t.Errorf("examples/README.md does not lead to %s", dir)
	}
}

func TestIndexesRed(t *testing.T) {
	tree := fstest.MapFS{
		"docs/README.md":              {Data: []byte("[a](a.md), [c](sub/c.md#there), `b.md`")},
		"docs/a.md":                   {},
		"docs/b.md":                   {},
		"docs/sub/c.md":               {},
		"docs/sub/d.md":               {},
		"examples/README.md":          {Data: []byte("[one](one/main.go), [three](more/three/x.go)")},
		"examples/one/main.go":        {},
		"examples/two/main.go":        {},
		"examples/more/three/main.go": {},
		"examples/all_test.go":        {},
	}
	if got := unlisted(t, tree, "docs/README.md", pagesBelow(t, tree, "docs")); !slices.Equal(got, []string{"docs/b.md", "docs/sub/d.md"}) {
		t.Errorf("got the pages %q", got)
	}
	if got := unlisted(t, tree, "examples/README.md", programsBelow(t, tree, "examples")); !slices.Equal(got, []string{"examples/two"}) {
		t.Errorf("got the examples %q", got)
	}
}

// unlisted returns those to which no link of the index leads, nor to anything in them.
func unlisted(t *testing.T, tree fs.FS, index string, all []string) []string {
	t.Helper()
	text, err := fs.ReadFile(tree, index)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parse(index, string(text))
	if err != nil {
		t.Fatal(err)
	}
	var linked []string
	for _, line := range doc.prose {
		for _, m := range link.FindAllStringSubmatch(inlineCode.ReplaceAllString(line.text, ""), -1) {
			name, _, _ := strings.Cut(m[1]+m[2]+m[3], "#")
			linked = append(linked, path.Join(path.Dir(index), name))
		}
	}
	return slices.DeleteFunc(all, func(want string) bool {
		return want == index || slices.ContainsFunc(linked, func(got string) bool {
			return got == want || strings.HasPrefix(got, want+"/")
		})
	})
}

func pagesBelow(t *testing.T, tree fs.FS, dir string) []string {
	t.Helper()
	var pages []string
	err := fs.WalkDir(tree, dir, func(name string, _ fs.DirEntry, err error) error {
		if path.Ext(name) == ".md" {
			pages = append(pages, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// programsBelow are the directories of dir with a main.go, at any depth: an example
// is a program.
func programsBelow(t *testing.T, tree fs.FS, dir string) []string {
	t.Helper()
	var programs []string
	err := fs.WalkDir(tree, dir, func(name string, _ fs.DirEntry, err error) error {
		if path.Base(name) == "main.go" {
			programs = append(programs, path.Dir(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return programs
}
