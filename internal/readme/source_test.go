package readme_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// packages are those that a block without a package clause may use without
// importing them.
var packages = map[string]string{
	"bytes":   "bytes",
	"context": "context",
	"errors":  "errors",
	"fmt":     "fmt",
	"http":    "net/http",
	"json":    "encoding/json",
	"log":     "log",
	"os":      "os",
	"slog":    "log/slog",
	"strings": "strings",
	"testing": "testing",
	"time":    "time",

	"core":       module + "/core",
	"keys":       module + "/core/keys",
	"sessions":   module + "/core/sessions",
	"denylist":   module + "/core/denylist",
	"explain":    module + "/core/explain",
	"logins":     module + "/core/logins",
	"jwttest":    module + "/core/jwttest",
	"providers":  module + "/core/providers",
	"echojwt":    module + "/echojwt",
	"fiberjwt":   module + "/fiberjwt",
	"ginjwt":     module + "/ginjwt",
	"nethttpjwt": module + "/nethttpjwt",

	"bcrypt": "golang.org/x/crypto/bcrypt",
	"echo":   "github.com/labstack/echo/v4",
	"fiber":  "github.com/gofiber/fiber/v2",
	"gin":    "github.com/gin-gonic/gin",
	"jwt":    "github.com/golang-jwt/jwt/v5",
}

// sources returns the files of the package that a block becomes, by name; none
// for a block that is to be skipped.
func sources(b block) (map[string]string, error) {
	files := map[string]string{}
	verb, rest, _ := strings.Cut(b.directive, " ")
	switch {
	case b.directive == "":
	case verb == "skip:" && rest != "":
		return nil, nil
	case verb == "with":
		for name := range strings.FieldsSeq(rest) {
			text, err := os.ReadFile(filepath.Join("testdata", name+".go"))
			if err != nil {
				return nil, err
			}
			files[name+".go"] = string(text)
		}
	default:
		return nil, fmt.Errorf("snippet comment says %q, want \"with NAME…\" or \"skip: REASON\"", b.directive)
	}
	text, err := file(b)
	files["block.go"] = text
	return files, err
}

// file turns a block into a Go file, in which errors have their place in the
// document.
func file(b block) (string, error) {
	if _, err := parser.ParseFile(token.NewFileSet(), "", b.text, parser.PackageClauseOnly); err == nil {
		return b.slice(0, len(b.text)), nil
	}
	return wrap(b)
}

// slice returns a part of the block's text, under a directive that tells the
// compiler where in the document it stands.
func (b block) slice(from, to int) string {
	line := b.line + strings.Count(b.text[:from], "\n")
	return fmt.Sprintf("\n//line %s:%d:1\n%s\n", b.path, line, b.text[from:to])
}

// wrap makes a file of a block without a package clause.
func wrap(b block) (string, error) {
	const clause = "package snippet\n"
	fset := token.NewFileSet()
	head, err := parser.ParseFile(fset, "", clause+b.text, parser.ImportsOnly)
	if err != nil {
		return "", err
	}
	end := 0 // of the imports
	for _, decl := range head.Decls {
		end = fset.PositionFor(decl.End(), false).Offset - len(clause)
	}
	imports, body := b.slice(0, end), b.slice(end, len(b.text))

	tree, errDecl := parser.ParseFile(token.NewFileSet(), "", clause+body, 0)
	if errDecl != nil {
		var errStmt error
		body = "func _() {" + body
		tree, errStmt = parser.ParseFile(token.NewFileSet(), "", clause+body+"}", 0)
		if errStmt != nil {
			return "", fmt.Errorf("neither declarations (%w) nor statements (%w)", errDecl, errStmt)
		}
		for _, name := range variables(tree) {
			body += "_ = " + name + "\n"
		}
		body += "}\n"
	}
	for _, pkg := range missing(tree, head.Imports) {
		imports += "import " + strconv.Quote(pkg) + "\n"
	}
	return clause + imports + body, nil
}

// variables returns the names that the statements of the last function define, or
// assign to, at its outermost level.
func variables(tree *ast.File) []string {
	names := map[string]bool{}
	for _, stmt := range tree.Decls[len(tree.Decls)-1].(*ast.FuncDecl).Body.List {
		switch stmt := stmt.(type) {
		case *ast.AssignStmt:
			for _, left := range stmt.Lhs {
				if ident, ok := left.(*ast.Ident); ok {
					names[ident.Name] = true
				}
			}
		case *ast.DeclStmt:
			for _, spec := range stmt.Decl.(*ast.GenDecl).Specs {
				if values, ok := spec.(*ast.ValueSpec); ok {
					for _, ident := range values.Names {
						names[ident.Name] = true
					}
				}
			}
		}
	}
	delete(names, "_")
	return slices.Sorted(maps.Keys(names))
}

// missing returns the paths of the packages that the tree uses and the block does
// not import itself.
func missing(tree *ast.File, imported []*ast.ImportSpec) []string {
	paths := map[string]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.IsExported() {
			if ident, ok := sel.X.(*ast.Ident); ok && packages[ident.Name] != "" {
				paths[packages[ident.Name]] = true
			}
		}
		return true
	})
	for _, spec := range imported {
		if pkg, err := strconv.Unquote(spec.Path.Value); err == nil {
			delete(paths, pkg)
		}
	}
	return slices.Sorted(maps.Keys(paths))
}
