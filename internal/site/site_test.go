package main

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// TestSite builds the site of this checkout, whose links are looked at on the way,
// and demands of each page what readers rely on.
func TestSite(t *testing.T) {
	tree := os.DirFS("../..")
	files, err := build(tree)
	if err != nil {
		t.Fatal(err)
	}
	docs := 0
	err = fs.WalkDir(tree, "docs", func(name string, _ fs.DirEntry, err error) error {
		if path.Ext(name) == ".md" {
			docs++
			html := strings.TrimSuffix(strings.Replace(name, "README", "index", 1), ".md") + ".html"
			if files[html] == nil {
				t.Errorf("the site has no %s: docs/README.md does not lead to %s", html, name)
			}
		}
		return err
	})
	if err != nil || docs < 15 {
		t.Fatalf("%d documents: %v", docs, err)
	}
	for name, content := range files {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, want := range []string{"<html lang=\"en\"", "<title>", "name=\"viewport\"", "<main id=\"main\">", "class=\"skip\"", "role=\"search\" hidden", "<h1 "} {
			if n := bytes.Count(content, []byte(want)); n != 1 {
				t.Errorf("%s has %s %d times, want 1", name, want, n)
			}
		}
		if !regexp.MustCompile(`(?s)<h1 [^>]*>[^\n]*</h1>\s*<p>`).Match(content) {
			t.Errorf("%s does not say at its top what it is for", name)
		}
		level := 0
		_, article, _ := strings.Cut(string(content), "<article>")
		article, _, _ = strings.Cut(article, "</article>")
		for _, m := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(article, -1) {
			next, _ := strconv.Atoi(m[1])
			if next > level+1 {
				t.Errorf("%s: a heading of level %d follows one of level %d", name, next, level)
			}
			level = next
		}
		if strings.Contains(article, "<!--") || strings.Contains(article, "shields.io") {
			t.Errorf("%s has a comment or a badge", name)
		}
	}
	if n := strings.Count(string(files["assets/search-index.js"]), `"u":`); n < 100 {
		t.Errorf("the search knows %d places", n)
	}
}

// small is a checkout with two pages.
func small(readme, page string) fstest.MapFS {
	return fstest.MapFS{
		"README.md":      {Data: []byte("# One\n\n" + readme)},
		"docs/README.md": {Data: []byte("# All\n\n## Group\n\n| [Two](two.md) |\n| --- |\n")},
		"docs/two.md":    {Data: []byte("# Two\n\n## A *b* `c_d`, [e](../README.md)!\n\n## Same\n\n## Same\n\n" + page)},
		"main.go":        {},
		"dir/x":          {},
		"docs/a.svg":     {Data: []byte("<svg/>")},
	}
}

func TestLinks(t *testing.T) {
	for _, tt := range []struct{ name, readme, page, want string }{
		{"a page", "[x](docs/two.md)", "", `href="docs/two.html"`},
		{"a heading", "[x](docs/two.md#a-b-c_d-e)", "", `href="docs/two.html#a-b-c_d-e"`},
		{"the second of a name", "[x](docs/two.md#same-1)", "", `href="docs/two.html#same-1"`},
		{"up", "", "[x](../README.md)", `href="../index.html"`},
		{"a file", "[x](main.go#L3)", "", `href="` + repository + `/blob/main/main.go#L3"`},
		{"a directory", "", "[x](../dir)", `href="` + repository + `/tree/main/dir"`},
		{"elsewhere", "[x](https://example.com/a.md)", "", `href="https://example.com/a.md"`},
		{"a picture", "", "![x](a.svg)", `src="../docs/a.svg"`},
		{"a badge is left out", "a[![x](https://example.com/x.svg)](main.go)b", "", "<p>ab</p>"},
	} {
		files, err := build(small(tt.readme, tt.page))
		if err != nil || !strings.Contains(string(files["index.html"])+string(files["docs/two.html"]), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	for _, tt := range []struct{ name, readme, page string }{
		{"no such file", "[x](docs/three.md)", ""},
		{"no such heading", "[x](docs/two.md#same-2)", ""},
		{"no such own heading", "", "[x](#none)"},
		{"no such picture", "![x](none.png)", ""},
		{"a script from elsewhere", `<script src="https://example.com/x.js"></script>`, ""},
		{"a picture in HTML from elsewhere", `<img src="https://example.com/x.png">`, ""},
	} {
		if _, err := build(small(tt.readme, tt.page)); err == nil {
			t.Errorf("%s: got no error", tt.name)
		}
	}
}

// TestContrast demands that text can be told from what is behind it, by day and by
// night: 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
func TestContrast(t *testing.T) {
	style, err := assets.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][2]string{}
	pair := regexp.MustCompile(`(?m)^\s*(?:--([a-z]+):|\.chroma \.(\w+) \{ color:) light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
	for _, m := range pair.FindAllStringSubmatch(string(style)+string(codeColours()), -1) {
		colours[m[1]+m[2]] = [2]string{m[3], m[4]}
	}
	if len(colours) < 30 {
		t.Fatalf("%d colours were found", len(colours))
	}
	for name, text := range colours {
		if name == "paper" || name == "raised" || name == "line" || name == "mark" {
			continue
		}
		behind := []string{"raised"}
		switch name {
		case "ink":
			behind = []string{"paper", "raised", "mark"}
		case "link", "quiet":
			behind = []string{"paper", "raised"}
		}
		for i, time := range []string{"day", "night"} {
			for _, b := range behind {
				if got := contrast(t, text[i], colours[b][i]); got < 4.5 {
					t.Errorf("%s on %s by %s: %.2f to 1", name, b, time, got)
				}
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	n, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
