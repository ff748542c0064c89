package readme_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A document is a Markdown file, taken apart as far as the tests need it.
type document struct {
	path   string // relative to the root of the module, with slashes
	blocks []block
	prose  []line // what is not inside a fence
}

// A block is what stands between two fences.
type block struct {
	path      string
	line      int    // of the first line of text
	language  string // first word after the opening fence
	directive string // what follows "snippet:" in the comment before it, or ""
	text      string
}

type line struct {
	number int
	text   string
}

var (
	fence     = regexp.MustCompile("^ *(`{3,}|~{3,}) *([^` ]*)[^`]*$")
	directive = regexp.MustCompile(`^ *<!-- *snippet:(.*)-->`)
)

// parse splits a document at its fences. It reports a fence that is never
// closed, and a directive that stands before no Go block and so would be dead.
func parse(path, text string) (document, error) {
	doc := document{path: path}
	var (
		open    string // the fence that opened the block that this line is in
		pending line   // a directive that waits for its block
		cur     block
	)
	for i, text := range strings.Split(text, "\n") {
		number := i + 1
		m := fence.FindStringSubmatch(text)
		switch {
		case open != "" && m != nil && m[2] == "" && strings.HasPrefix(m[1], open):
			doc.blocks = append(doc.blocks, cur)
			open = ""
		case open != "":
			cur.text += text + "\n"
		case m != nil:
			open = m[1]
			cur = block{path: path, line: number + 1, language: m[2]}
			if pending.number != 0 {
				if cur.language != "go" {
					return doc, fmt.Errorf("%s:%d: snippet comment before a block that is not Go", path, pending.number)
				}
				cur.directive, pending = pending.text, line{}
			}
		case directive.MatchString(text):
			pending = line{number, strings.TrimSpace(directive.FindStringSubmatch(text)[1])}
		default:
			if pending.number != 0 && strings.TrimSpace(text) != "" {
				return doc, fmt.Errorf("%s:%d: snippet comment before no block", path, pending.number)
			}
			doc.prose = append(doc.prose, line{number, text})
		}
	}
	if open != "" {
		return doc, fmt.Errorf("%s:%d: block is never closed", path, cur.line-1)
	}
	if pending.number != 0 {
		return doc, fmt.Errorf("%s:%d: snippet comment before no block", path, pending.number)
	}
	return doc, nil
}

// root returns the directory of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// documents parses the files of the module that match one of the patterns.
func documents(t *testing.T, patterns ...string) []document {
	t.Helper()
	tree := os.DirFS(root(t))
	var docs []document
	for _, pattern := range patterns {
		paths, err := fs.Glob(tree, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := fs.ReadFile(tree, path)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := parse(path, string(text))
			if err != nil {
				t.Error(err)
			}
			docs = append(docs, doc)
		}
	}
	return docs
}
