package readme_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

const refusedPage = "docs/refused.md"

var (
	firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")
	verb      = regexp.MustCompile(`(%[-+# 0-9.]*[a-zA-Z])+`)
)

// TestRefused holds the page about refusals to the code: every Kind has a row, and so
// has every reason that an Observer may hear, and no row is about what is no more.
func TestRefused(t *testing.T) {
	tree := os.DirFS(root(t))
	text, err := fs.ReadFile(tree, refusedPage)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for k := core.Kind(1); k != core.Internal; k++ {
		kinds[k.String()] = true
	}
	kinds[core.Internal.String()] = true
	reasons, err := reasonsIn(tree)
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) < 30 || len(reasons) < 60 {
		t.Errorf("%d kinds and %d reasons were found, want 30 and 60 at least", len(kinds), len(reasons))
	}
	for _, err := range checkRefused(string(text), kinds, reasons) {
		t.Error(err)
	}
}

func TestRefusedRed(t *testing.T) {
	kinds, reasons := map[string]bool{"expired": true}, map[string]bool{"it is …": true}
	const good = "## By kind\n| `expired` | x |\n## By reason\n| `it is …` | x |\n"
	for text, want := range map[string]int{
		good: 0,
		"## By kind\n## By reason\n| `it is …` | x |\n":                                  1,
		"## By kind\n| `expired` | x |\n## By reason\n":                                  1,
		good + "| `it was` | x |\n":                                                      1,
		"## By kind\n| `expired` | x |\n| `gone` | x |\n## By reason\n| `it is …` | x |": 1,
		"": 2,
	} {
		if got := checkRefused(text, kinds, reasons); len(got) != want {
			t.Errorf("%q: %v, want %d mistakes", text, got, want)
		}
	}
}

// checkRefused compares the two tables with what there is.
func checkRefused(text string, kinds, reasons map[string]bool) (errs []error) {
	_, rest, _ := strings.Cut(text, "## By kind\n")
	byKind, byReason, _ := strings.Cut(rest, "## By reason\n")
	for _, table := range []struct {
		text  string
		there map[string]bool
	}{{byKind, kinds}, {byReason, reasons}} {
		rows := map[string]bool{}
		for _, row := range firstCell.FindAllStringSubmatch(table.text, -1) {
			rows[row[1]] = true
			if !table.there[row[1]] {
				errs = append(errs, fmt.Errorf("%s has a row for what is no more: %s", refusedPage, row[1]))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(table.there)) {
			if !rows[name] {
				errs = append(errs, fmt.Errorf("%s has no row: | `%s` |", refusedPage, name))
			}
		}
	}
	return errs
}

// reasonsIn are the texts of core's and its recipes' reasons, with … for what differs.
func reasonsIn(tree fs.FS) (map[string]bool, error) {
	reasons := map[string]bool{}
	for _, dir := range []string{"core", "core/providers"} {
		files, err := fs.Glob(tree, dir+"/*.go")
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := fs.ReadFile(tree, name)
			if err != nil {
				return nil, err
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Base(name), src, 0)
			if err != nil {
				return nil, err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, text := range reasonsOf(n) {
					reasons[verb.ReplaceAllString(text, "…")] = true
				}
				return true
			})
		}
	}
	return reasons, nil
}

// reasonsOf are the texts in a call of because, in a conversion to inside.Reason, and
// in an Error that says that a setting is missing.
func reasonsOf(n ast.Node) (texts []string) {
	switch n := n.(type) {
	case *ast.CallExpr:
		switch f := n.Fun.(type) {
		case *ast.Ident:
			if f.Name == "because" {
				texts = append(texts, literals(n.Args[:1])...)
			}
		case *ast.SelectorExpr:
			if f.Sel.Name == "Reason" {
				texts = append(texts, literals(n.Args)...)
			}
		}
	case *ast.CompositeLit:
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "setting" {
				for _, text := range literals(n.Elts) {
					if strings.Contains(text, " ") {
						texts = append(texts, text)
					}
				}
			}
		}
	}
	return texts
}

func literals[N ast.Node](nodes []N) (texts []string) {
	for _, n := range nodes {
		ast.Inspect(n, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				texts = append(texts, text)
			}
			return true
		})
	}
	return texts
}
