package readme_test

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// settingsOf is a struct of settings as Markdown: what it is, and its fields.
func settingsOf(t *testing.T, pkg *doc.Package, typ *doc.Type, fields *ast.FieldList) string {
	t.Helper()
	text, defaults := markdown(pkg, typ.Doc)
	var b strings.Builder
	fmt.Fprintf(&b, "### %s.%s\n\n%s\n\n", pkg.Name, typ.Name, text)
	for _, field := range fields.List {
		var names []string
		for _, id := range field.Names {
			if id.IsExported() {
				names = append(names, id.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		said := field.Doc.Text()
		if said == "" {
			said = field.Comment.Text()
		}
		text, _ := markdown(pkg, said)
		for _, name := range names {
			if value := defaults[name]; value != "" {
				of := ""
				if len(names) > 1 {
					of = " of " + name
				}
				value, _ = markdown(pkg, value)
				text += gap(text) + fmt.Sprintf("Default%s: %s.", of, value)
				delete(defaults, name)
			}
		}
		if text == "" {
			text = "as above."
		}
		var typeText strings.Builder
		if err := format.Node(&typeText, token.NewFileSet(), field.Type); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "- **`%s`** %s: %s\n", strings.Join(names, "`, `"), linked(pkg, typeText.String()), indented(text))
	}
	for name := range defaults {
		t.Errorf("%s.%s: the table of defaults names %s, which is no field", pkg.Name, typ.Name, name)
	}
	b.WriteString("\n")
	return b.String()
}

// optionsOf is a type of options as Markdown: what it is, and the functions that make one.
func optionsOf(pkg *doc.Package, typ *doc.Type) string {
	var b strings.Builder
	text, _ := markdown(pkg, typ.Doc)
	fmt.Fprintf(&b, "### %s.%s\n\n%s\n\n", pkg.Name, typ.Name, text)
	for _, f := range typ.Funcs {
		var params strings.Builder
		_ = format.Node(&params, token.NewFileSet(), &ast.FuncType{Params: f.Decl.Type.Params})
		text, _ := markdown(pkg, f.Doc)
		fmt.Fprintf(&b, "- **`%s%s`**: %s\n", f.Name, strings.TrimPrefix(params.String(), "func"), indented(text))
	}
	b.WriteString("\n")
	return b.String()
}

// indented is text as it goes on in an item of a list.
func indented(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n", "\n  "), "\n  \n", "\n\n")
}

// bareURL is a URL in a text, which is an example there.
var bareURL = regexp.MustCompile(`\[(https?://[^\]]+)\]\(https?://[^)]+\)`)

// markdown is a doc comment as Markdown, and the defaults of fields that its table
// names.
func markdown(pkg *doc.Package, text string) (string, map[string]string) {
	printer := &comment.Printer{DocLinkURL: func(link *comment.DocLink) string {
		of := link.ImportPath
		if of == "" {
			of = pkg.ImportPath
		}
		url := "https://pkg.go.dev/" + of
		if name := strings.TrimPrefix(link.Recv+"."+link.Name, "."); name != "" {
			url += "#" + name
		}
		return url
	}}
	defaults := map[string]string{}
	var blocks []string
	for _, block := range pkg.Parser().Parse(text).Content {
		code, ok := block.(*comment.Code)
		switch {
		case ok && strings.HasPrefix(code.Text, "field "):
			defaults = defaultsIn(code.Text)
		case ok:
			blocks = append(blocks, "```\n"+strings.ReplaceAll(code.Text, "\t", "    ")+"```")
		default:
			said := printer.Markdown(&comment.Doc{Content: []comment.Block{block}})
			blocks = append(blocks, strings.TrimSpace(bareURL.ReplaceAllString(string(said), "`$1`")))
		}
	}
	return strings.Join(blocks, "\n\n"), defaults
}

// linked is a type, with a link to what the page says of it.
func linked(pkg *doc.Package, typ string) string {
	name := strings.TrimLeft(typ, "[]*")
	if !strings.Contains(name, ".") {
		name = pkg.Name + "." + name
	}
	if !isSettings(name) {
		return "`" + typ + "`"
	}
	return "[`" + typ + "`](#" + strings.ToLower(strings.ReplaceAll(name, ".", "")) + ")"
}

// gap stands before a sentence that follows text.
func gap(text string) string {
	switch {
	case text == "":
		return ""
	case strings.HasSuffix(text, "```"):
		return "\n\n"
	}
	return " "
}

// defaultsIn reads a table of a doc comment: a field, at least two spaces, and its
// default, which goes on in lines that begin with spaces.
func defaultsIn(table string) map[string]string {
	defaults := map[string]string{}
	name := ""
	for line := range strings.Lines(table) {
		switch fields := strings.Fields(line); {
		case len(fields) == 0:
		case strings.HasPrefix(line, " "):
			defaults[name] += " " + strings.Join(fields, " ")
		case fields[0] != "field":
			name = fields[0]
			defaults[name] = strings.Join(fields[1:], " ")
		}
	}
	return defaults
}

// difference is where the second text is another than the first.
func difference(a, b string) string {
	lines := strings.Split(b, "\n")
	for i, line := range strings.Split(a, "\n") {
		if i >= len(lines) || lines[i] != line {
			return line
		}
	}
	return lines[len(strings.Split(a, "\n"))-1]
}
