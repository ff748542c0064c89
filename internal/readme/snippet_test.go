package readme_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	// go test repeats an old result while the test binary and the files that the
	// test itself read are the same. What the snippets use belongs to the binary,
	// so that a change there compiles them again.
	_ "github.com/jwtgate/jwtgate/core"
	_ "github.com/jwtgate/jwtgate/echojwt"
	_ "github.com/jwtgate/jwtgate/fiberjwt"
	_ "github.com/jwtgate/jwtgate/ginjwt"
	_ "github.com/jwtgate/jwtgate/nethttpjwt"
)

const module = "github.com/jwtgate/jwtgate"

func TestSnippets(t *testing.T) {
	docs := documents(t, "README.md", "docs/*.md", "docs/*/*.md")
	if len(docs) == 0 || docs[0].path != "README.md" {
		t.Fatal("README.md is missing")
	}
	var blocks []block
	for _, doc := range docs {
		blocks = append(blocks, doc.blocks...)
	}
	if err := compile(t, blocks); err != nil {
		t.Error(err)
	}
}

// TestSnippetsRed shows that a broken block is found, and where.
func TestSnippetsRed(t *testing.T) {
	tests := []struct{ name, markdown, want string }{
		{"program", "```go\npackage main\n\nfunc main() { missing() }\n```", "\ndoc.md:4:"},
		{"declaration", "text\n```go\nfunc f() int { return missing }\n```", "doc.md:3"},
		{"statement", "```go\nx := 1\nx = missing\n```", "doc.md:3"},
		{"after import", "```go\nimport \"fmt\"\n\nfmt.Println(missing)\n```", "doc.md:4"},
		{"unused import", "```go\nimport \"fmt\"\n```", "doc.md:2"},
		{"vet", "```go\nfmt.Printf(\"%d\", \"one\")\n```", "doc.md:2"},
		{"indented", "1. text\n   ```go\n   x := missing\n   ```", "doc.md:3"},
		{"syntax", "```go\nif {\n```", "doc.md:2"},
		{"no such preamble", "<!-- snippet: with missing -->\n```go\n```", "doc.md:3"},
		{"no such word", "<!-- snippet: missing -->\n```go\n```", "doc.md:3"},
		{"no reason", "<!-- snippet: skip: -->\n```go\n```", "doc.md:3"},
		{"comment alone", "<!-- snippet: skip: because -->\ntext", "doc.md:1"},
		{"comment before a shell block", "<!-- snippet: skip: because -->\n```sh\n```", "doc.md:1"},
		{"fence never closed", "text\n```go\n", "doc.md:2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := parse("doc.md", tt.markdown)
			if err == nil {
				err = compile(t, doc.blocks)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %s", err, tt.want)
			}
		})
	}
}

// TestSnippetsGreen shows the forms that a block may have.
func TestSnippetsGreen(t *testing.T) {
	doc, err := parse("doc.md", strings.Join([]string{
		"```go\npackage main\n\nfunc main() {}\n```",
		"```go\npackage main_test\n```",
		"```go\ntype t struct{}\n\nfunc (t) f() {}\n```",
		"```go\nimport \"math\"\n\nvar big = math.MaxInt\n```",
		"```go\nx, _ := fmt.Println(http.MethodGet)\nvar y int\n```",
		"```go\nx := 1\nreturn\n```",
		"<!-- snippet: skip: shows a shape -->\n\n```go\nf(…)\n```",
		"````md\n```\n```go\nnot Go\n```\n````",
		"```sh\nnot Go\n```",
		"```go\n```",
	}, "\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := compile(t, doc.blocks); err != nil {
		t.Error(err)
	}
}

// TestPreambles compiles all of testdata together, so that none rots unused and
// any can be combined.
func TestPreambles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := block{path: "testdata", line: 1, language: "go", directive: "with"}
	for _, path := range paths {
		all.directive += " " + strings.TrimSuffix(filepath.Base(path), ".go")
	}
	if err := compile(t, []block{all}); err != nil {
		t.Error(err)
	}
}

// compile runs go vet, which compiles as well, over the Go blocks, in a module of
// their own outside the tree that requires what ours requires.
func compile(t *testing.T, blocks []block) error {
	t.Helper()
	dir := t.TempDir()
	if err := writeModule(dir, root(t)); err != nil {
		return err
	}
	var errs []error
	empty := true
	for i, b := range blocks {
		if b.language != "go" {
			continue
		}
		files, err := sources(b)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", b.path, b.line, err))
			continue
		}
		for name, text := range files {
			name = filepath.Join(dir, fmt.Sprintf("block%d", i), name)
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				return err
			}
			empty = false
		}
	}
	if empty { // go vet minds that
		return errors.Join(errs...)
	}
	// Statements may end in a return; the uses that file adds stand after it.
	vet := exec.Command("go", "vet", "-unreachable=false", "./...")
	vet.Dir = dir
	vet.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := vet.CombinedOutput(); err != nil {
		errs = append(errs, fmt.Errorf("go vet: %w\n%s", err, place.ReplaceAll(out, nil)))
	}
	return errors.Join(errs...)
}

// place is what go vet puts before the place in the document.
var place = regexp.MustCompile(`(?m)^(vet: )?block[0-9]+/`)

// writeModule makes dir a module with the requirements of the one in root, and
// that one itself.
func writeModule(dir, root string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	text := strings.Replace(string(mod), "module "+module+"\n", "module snippets\n", 1)
	text += fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %s => %q\n", module, module, root)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600)
}
