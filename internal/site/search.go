package main

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// An entry is what the search may find: a heading and the text below it.
type entry struct {
	Page *page
	Head head
	keys []string // what rows of tables begin with, and bold names
	text strings.Builder
}

// index adds a node's own text to the entry of the heading above it.
func (p *page) index(n ast.Node, source []byte) {
	if len(p.entries) == 0 {
		return
	}
	last := p.entries[len(p.entries)-1]
	switch n := n.(type) {
	case *ast.Text:
		if _, ok := n.Parent().(*ast.Heading); ok {
			return
		}
		last.text.Write(n.Value(source))
		if n.SoftLineBreak() {
			last.text.WriteByte(' ')
		}
	case *ast.FencedCodeBlock:
		last.text.Write(n.Lines().Value(source))
	case *ast.Emphasis:
		last.keys = append(last.keys, plain(n, source))
	case *east.TableCell:
		last.text.WriteByte(' ')
		if n.PreviousSibling() == nil {
			last.keys = append(last.keys, plain(n, source))
		}
	default:
		if n.Type() == ast.TypeBlock {
			last.text.WriteByte(' ')
		}
	}
}

// searchIndex is a script with all entries. A script, and no JSON, since a page that
// was opened as a file may load one.
func searchIndex(pages []*page) ([]byte, error) {
	type row struct {
		URL  string   `json:"u"`
		Page string   `json:"p"`
		Head string   `json:"h"`
		Text string   `json:"t"`
		Keys []string `json:"k,omitempty"`
	}
	var rows []row
	for _, p := range pages {
		for _, e := range p.entries {
			rows = append(rows, row{p.URL + "#" + e.Head.ID, p.Title, e.Head.Text, strings.Join(strings.Fields(e.text.String()), " "), e.keys})
		}
	}
	var b bytes.Buffer
	b.WriteString("window.searchIndex = ")
	if err := json.NewEncoder(&b).Encode(rows); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
