package main

import (
	"bytes"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// codeBlocks renders fenced code with classes for what is what in it, and code within
// a text with places where a long name may be broken.
type codeBlocks struct{}

var breakable = strings.NewReplacer("/", "/<wbr>", "_", "_<wbr>", ",", ",<wbr>", ":", ":<wbr>")

func (codeBlocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindCodeSpan, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		code := html.EscapeString(plain(n, source))
		if len(code) > 24 {
			code = breakable.Replace(code)
		}
		_, err := fmt.Fprintf(w, "<code>%s</code>", code)
		return ast.WalkSkipChildren, err
	})
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		block := n.(*ast.FencedCodeBlock)
		code := string(block.Lines().Value(source))
		lexer := lexers.Get(string(block.Language(source)))
		if lexer == nil {
			_, err := fmt.Fprintf(w, `<pre tabindex="0" class="chroma"><code>%s</code></pre>`, html.EscapeString(code))
			return ast.WalkSkipChildren, err
		}
		tokens, err := chroma.Coalesce(lexer).Tokenise(nil, code)
		if err != nil {
			return ast.WalkStop, err
		}
		return ast.WalkSkipChildren, chromahtml.New(chromahtml.WithClasses(true)).Format(w, styles.Fallback, tokens)
	})
}

// The colours of code, by day and by night.
var day, night = styles.Get("github"), styles.Get("github-dark")

// codeColours is the style sheet of code: each class in both colours.
func codeColours() []byte {
	var b bytes.Buffer
	for _, token := range slices.Sorted(maps.Keys(chroma.StandardTypes)) {
		class := chroma.StandardTypes[token]
		// What is left out in an example is no error, and a space has no colour.
		if token < 0 || class == "" || token == chroma.Error || token == chroma.TextWhitespace {
			continue
		}
		light, dark := day.Get(token), night.Get(token)
		if !light.Colour.IsSet() || !dark.Colour.IsSet() {
			continue
		}
		fmt.Fprintf(&b, ".chroma .%s { color: light-dark(%s, %s); }\n", class, light.Colour, dark.Colour)
	}
	return b.Bytes()
}
