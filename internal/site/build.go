package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"
)

const repository = "https://github.com/jwtgate/jwtgate"

// index is the page that leads to all others, and so is the menu.
const index = "docs/README.md"

//go:embed assets
var assets embed.FS

var layout = template.Must(template.ParseFS(assets, "assets/page.html"))

// siteFiles are what the site consists of, by name.
type siteFiles map[string][]byte

func (f siteFiles) fs() fs.FS {
	tree := fstest.MapFS{}
	for name, content := range f {
		tree[name] = &fstest.MapFile{Data: content}
	}
	return tree
}

// A page is a Markdown file, and what becomes of it.
type page struct {
	Source  string // in the checkout, as docs/keys.md
	URL     string // in the site, as docs/keys.html
	Title   string
	Heads   []head
	Body    template.HTML
	Top     string // the way to the site's root: "" or "../"
	Menu    []group
	Prev    *page
	Next    *page
	Edit    string
	entries []*entry // of the search
}

// A head is a heading within a page.
type head struct {
	ID, Text string
	Level    int
}

// A group is what stands under one heading of the index.
type group struct {
	Title string
	Items []item
}

type item struct {
	Title string
	Page  *page
}

// Href is the way from a page to another.
func (p *page) Href(to *page) string { return p.Top + to.URL }

// build makes the site of a checkout, and looks for every link of it.
func build(tree fs.FS) (siteFiles, error) {
	s := &site{tree: tree, pages: map[string]*page{}, files: siteFiles{}}
	menu, err := s.readMenu()
	if err != nil {
		return nil, err
	}
	order := []*page{s.add("README.md"), s.add(index)}
	for _, g := range menu {
		for _, it := range g.Items {
			if it.Page != order[0] && it.Page != order[1] {
				order = append(order, it.Page)
			}
		}
	}
	var errs []error
	for _, p := range order {
		errs = append(errs, s.render(p))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for i, p := range order {
		p.Menu = menu
		if i > 0 {
			p.Prev = order[i-1]
		}
		if i+1 < len(order) {
			p.Next = order[i+1]
		}
		var b bytes.Buffer
		if err := layout.Execute(&b, p); err != nil {
			return nil, err
		}
		s.files[p.URL] = b.Bytes()
	}
	if err := s.addAssets(order); err != nil {
		return nil, err
	}
	return s.files, check(s.files)
}

// site is a site while it is built.
type site struct {
	tree  fs.FS
	pages map[string]*page // by source
	files siteFiles
}

// add returns the page of a source.
func (s *site) add(source string) *page {
	if p := s.pages[source]; p != nil {
		return p
	}
	dir, name := path.Split(source)
	name = strings.TrimSuffix(name, ".md")
	if name == "README" {
		name = "index"
	}
	p := &page{Source: source, URL: dir + name + ".html", Edit: repository + "/blob/main/" + source, Top: strings.Repeat("../", strings.Count(dir, "/"))}
	s.pages[source] = p
	return p
}

func (s *site) addAssets(order []*page) error {
	for _, name := range []string{"style.css", "theme.js", "place.js", "search.js", "icon.svg"} {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		s.files["assets/"+name] = text
	}
	s.files["assets/style.css"] = append(s.files["assets/style.css"], codeColours()...)
	found, err := searchIndex(order)
	if err != nil {
		return fmt.Errorf("the index of the search: %w", err)
	}
	s.files["assets/search-index.js"] = found
	s.files[".nojekyll"] = nil // the files are to be served as they are
	return nil
}
