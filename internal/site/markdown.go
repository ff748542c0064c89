package main

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The documents are ours, so what HTML they have (a line break in a table) is kept.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithRendererOptions(html.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(codeBlocks{}, 100))),
)

// readMenu reads the index: headings, and the links in the tables below them.
func (s *site) readMenu() ([]group, error) {
	source, err := fs.ReadFile(s.tree, index)
	if err != nil {
		return nil, err
	}
	var menu []group
	err = ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Heading:
			if entering && n.Level == 2 {
				menu = append(menu, group{Title: plain(n, source)})
			}
		case *ast.Link:
			target := path.Join(path.Dir(index), string(n.Destination))
			if entering && len(menu) > 0 && path.Ext(target) == ".md" {
				last := &menu[len(menu)-1]
				last.Items = append(last.Items, item{Title: plain(n, source), Page: s.add(target)})
			}
		}
		return ast.WalkContinue, nil
	})
	if len(menu) == 0 && err == nil {
		err = fmt.Errorf("%s has no headings with links below them", index)
	}
	return menu, err
}

// render makes a page's body of its source, with its headings, its links as they
// are in the site, and what the search finds in it.
func (s *site) render(p *page) error {
	source, err := fs.ReadFile(s.tree, p.Source)
	if err != nil {
		return err
	}
	doc := markdown.Parser().Parse(text.NewReader(source))
	names := map[string]bool{}
	var comments []ast.Node
	err = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			h := head{ID: slug(plain(n, source), names), Text: plain(n, source), Level: n.Level}
			n.SetAttributeString("id", []byte(h.ID))
			if n.Level == 1 && p.Title == "" {
				p.Title = h.Text
			} else {
				p.Heads = append(p.Heads, h)
			}
			p.entries = append(p.entries, &entry{Page: p, Head: h})
			if n.Level > 1 {
				n.AppendChild(n, anchorOf(h))
			}
		case *east.TableCell:
			if utf8.RuneCountInString(plain(n, source)) > 30 { // more than a word or two wants room
				n.SetAttributeString("class", []byte("long"))
			}
		case *ast.Link:
			n.Destination, err = s.link(p, string(n.Destination))
		case *ast.Image:
			n.Destination, err = s.image(p, string(n.Destination))
			if n.Destination == nil {
				comments = append(comments, badge(n))
			}
		case *ast.HTMLBlock:
			if bytes.HasPrefix(bytes.TrimSpace(n.Lines().Value(source)), []byte("<!--")) {
				comments = append(comments, n)
			}
		}
		p.index(n, source)
		return ast.WalkContinue, err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", p.Source, err)
	}
	if p.Title == "" {
		return fmt.Errorf("%s: has no title", p.Source)
	}
	for _, n := range comments {
		n.Parent().RemoveChild(n.Parent(), n)
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, doc); err != nil {
		return err
	}
	// A wide table scrolls by itself, also by the keys.
	body := strings.NewReplacer("<table>", `<div class="table" tabindex="0" role="region" aria-label="A table"><table>`, "</table>", "</table></div>",
		"<th></th>", "<td></td>").Replace(b.String())
	p.Body = template.HTML(body)
	return nil
}

// badge is what goes with a picture from elsewhere: its link too.
func badge(n ast.Node) ast.Node {
	if link, ok := n.Parent().(*ast.Link); ok && link.ChildCount() == 1 {
		return link
	}
	return n
}

// anchorOf is the link to a heading itself, for who wants to show somebody the place.
func anchorOf(h head) ast.Node {
	link := ast.NewLink()
	link.Destination, link.Title = []byte("#"+h.ID), []byte("Link to this place")
	link.SetAttributeString("class", []byte("anchor"))
	link.AppendChild(link, ast.NewString([]byte("#")))
	return link
}

// plain is the text of a node.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Value(source))
				if n.SoftLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// slug is the name under which GitHub makes a heading reachable; names are those
// that the page has already.
func slug(title string, names map[string]bool) string {
	base := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
	name := base
	for i := 1; names[name]; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	names[name] = true
	return name
}
