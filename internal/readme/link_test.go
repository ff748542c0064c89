package readme_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
)

var (
	inlineCode = regexp.MustCompile("`[^`]*`")
	link       = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)|(?:href|src)="([^"]+)"`)
	linkText   = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	heading    = regexp.MustCompile(`^ {0,3}#{1,6} +(.*?)(?: +#+)? *$`)
	scheme     = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:|//)`)
)

func TestLinks(t *testing.T) {
	tree := os.DirFS(root(t))
	for _, doc := range documents(t, "*.md", "docs/*.md", "docs/*/*.md") {
		if err := checkLinks(tree, doc); err != nil {
			t.Error(err)
		}
	}
}

// TestLinksRed shows that a broken link is found, and that a good one is not.
func TestLinksRed(t *testing.T) {
	tree := fstest.MapFS{
		"docs/a.md":       {Data: []byte("# One *title*, `two`\n## Same\n## Same\n")},
		"docs/pic 1.png":  {},
		"core/request.go": {},
	}
	tests := []struct {
		name, markdown string
		broken         bool
	}{
		{"file", "[a](../core/request.go)", false},
		{"line of a file", "[a](../core/request.go#L3)", false},
		{"directory", "[a](../core/)", false},
		{"title", `[a](a.md "Title")`, false},
		{"escaped", "![a](pic%201.png)", false},
		{"reference", "[a]\n\n[a]: a.md", false},
		{"HTML", `<img src="pic 1.png">`, false},
		{"web", "[a](https://example.com/missing) <a href=\"mailto:a@example.com\">", false},
		{"heading", "[a](a.md#one-title-two)", false},
		{"second heading of a name", "[a](a.md#same-1)", false},
		{"own heading", "## Über uns_ -- [us](a.md)!\n[a](#über-uns_----us)", false},
		{"code", "`[a](missing.md)`\n```\n[a](missing.md)\n```", false},

		{"no such file", "text\n[a](missing.md)", true},
		{"no such reference", "[a]: missing.md", true},
		{"no such picture", `<img src="missing.png">`, true},
		{"no such heading", "[a](a.md#missing)", true},
		{"no third heading", "[a](a.md#same-2)", true},
		{"no such own heading", "[a](#missing)", true},
		{"second of two", "[a](a.md) and [a](missing.md)", true},
		{"out of the tree", "[a](../../docs/a.md)", true},
		{"from the root", "[a](/a.md)", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := parse("docs/b.md", tt.markdown)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkLinks(tree, doc); (err != nil) != tt.broken {
				t.Errorf("got error %v, want one: %v", err, tt.broken)
			}
		})
	}
}

// checkLinks follows the links of a document that stay in the tree.
func checkLinks(tree fs.FS, doc document) error {
	var errs []error
	for _, line := range doc.prose {
		for _, m := range link.FindAllStringSubmatch(inlineCode.ReplaceAllString(line.text, ""), -1) {
			target := m[1] + m[2] + m[3]
			if scheme.MatchString(target) {
				continue
			}
			if err := follow(tree, doc, target); err != nil {
				errs = append(errs, fmt.Errorf("%s:%d: link to %s: %w", doc.path, line.number, target, err))
			}
		}
	}
	return errors.Join(errs...)
}

func follow(tree fs.FS, doc document, target string) error {
	name, fragment, _ := strings.Cut(target, "#")
	name, err := url.PathUnescape(name)
	if err != nil {
		return err
	}
	if name != "" {
		if path.IsAbs(name) {
			return errors.New("is not relative")
		}
		name = path.Join(path.Dir(doc.path), name)
		if _, err := fs.Stat(tree, name); err != nil { // also for what leaves the tree
			return err
		}
		if fragment == "" || path.Ext(name) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if doc, err = parse(name, string(text)); err != nil {
			return err
		}
	}
	if !anchors(doc)[fragment] {
		return errors.New("no such heading")
	}
	return nil
}

// anchors returns the names under which GitHub makes the headings of a document
// reachable.
func anchors(doc document) map[string]bool {
	names := map[string]bool{}
	for _, line := range doc.prose {
		m := heading.FindStringSubmatch(line.text)
		if m == nil {
			continue
		}
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r):
				return unicode.ToLower(r)
			}
			return -1
		}, linkText.ReplaceAllString(m[1], "$1"))
		name := slug
		for i := 1; names[name]; i++ {
			name = fmt.Sprintf("%s-%d", slug, i)
		}
		names[name] = true
	}
	return names
}
