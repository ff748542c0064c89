package readme_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A qualified name, of a package and perhaps of a field or a method, or one of the
// Config's fields and what is in it, or a method of what the documents call auth and claims.
var (
	qualified = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
	ofAField  = regexp.MustCompile(`(?:^|[^.\w])(Config|Rules|Sessions|Login|CookieSource|SessionCookies|ClaimRules|auth|claims)\.([A-Z]\w*)`)
	fieldType = map[string]string{"Rules": "ClaimRules", "Sessions": "SessionConfig", "Login": "LoginConfig", "auth": "Auth", "claims": "Claims"}
)

// TestNames holds the prose to the names of the code: what stands in back quotes
// must be exported where it says. CHANGELOG.md has the old names, too.
func TestNames(t *testing.T) {
	exported := exportedNames(t)
	n := 0
	for _, doc := range documents(t, "README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "docs/*/*.md") {
		for _, line := range doc.prose {
			for _, code := range inlineCode.FindAllString(line.text, -1) {
				found, unknown := unknownNames(exported, code)
				n += found
				for _, name := range unknown {
					t.Errorf("%s:%d: there is no %s", doc.path, line.number, name)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("%d names were found, want 100 at least", n)
	}
}

func TestNamesRed(t *testing.T) {
	exported := exportedNames(t)
	for code, want := range map[string]string{
		"`core.Config`, `keys.Load(path)`, `http.Server`":       "[]",
		"`core.Config.Keys`, `Config.Keys`, `keys.Ring.Retire`": "[]",
		"`Rules.Audience`, `Sessions.Strict`":                   "[]",
		"`core.NewKey`":                                         "[core.NewKey]",
		"`core.Config.Key`":                                     "[core.Config.Key]",
		"`Rules.Audiences`":                                     "[Rules.Audiences]",
		"`keys.Ring.retire()`":                                  "[]",
		"`Config.AuthRequest`":                                  "[Config.AuthRequest]",
		"`auth.Require(core.Scopes(…))`, `claims.Subject()`":    "[]",
		"`auth.Required()`, `claims.Sub`":                       "[auth.Required claims.Sub]",
		"`grpcjwt.Ended`, `storetest.RunTokens`":                "[]",
		"`grpcjwt.Over`, `storetest.RunTicket`":                 "[grpcjwt.Over storetest.RunTicket]",
	} {
		if _, unknown := unknownNames(exported, code); fmt.Sprint(unknown) != want {
			t.Errorf("%s: %v, want %s", code, unknown, want)
		}
	}
}

// unknownNames returns how many of our names a piece of code has, and those that
// do not exist.
func unknownNames(exported map[string]bool, code string) (found int, unknown []string) {
	check := func(name, as string) {
		found++
		if !exported[name] {
			unknown = append(unknown, as)
		}
	}
	for _, m := range qualified.FindAllStringSubmatch(code, -1) {
		if !exported[m[1]] {
			continue
		}
		check(strings.TrimSuffix(m[1]+"."+m[2]+"."+m[3], "."), m[0])
	}
	for _, m := range ofAField.FindAllStringSubmatch(code, -1) {
		owner := m[1]
		if fieldType[owner] != "" {
			owner = fieldType[owner]
		}
		check("core."+owner+"."+m[2], m[1]+"."+m[2])
	}
	return found, unknown
}

// exportedNames are all that programs and tests may use of ours: core, core.Config,
// core.Config.Keys, core.Auth.Require.
func exportedNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	tree := os.DirFS(root(t))
	var files []string
	for _, pattern := range []string{"core/*.go", "core/*/*.go", "*jwt/*.go", "stores/*/*.go", "observers/*/*.go"} {
		found, err := fs.Glob(tree, pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no Go files: %v", pattern, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		names[parsed.Name.Name] = true
		for _, decl := range parsed.Decls {
			addNames(names, parsed.Name.Name, decl)
		}
	}
	return names
}

func addNames(names map[string]bool, pkg string, decl ast.Decl) {
	if f, ok := decl.(*ast.FuncDecl); ok {
		if f.Recv == nil {
			names[pkg+"."+f.Name.Name] = true
		} else {
			names[pkg+"."+receiver(f.Recv.List[0].Type)+"."+f.Name.Name] = true
		}
		return
	}
	for _, spec := range decl.(*ast.GenDecl).Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, id := range spec.Names {
				names[pkg+"."+id.Name] = true
			}
		case *ast.TypeSpec:
			own := pkg + "." + spec.Name.Name
			names[own] = true
			var fields *ast.FieldList
			switch typ := spec.Type.(type) {
			case *ast.StructType:
				fields = typ.Fields
			case *ast.InterfaceType:
				fields = typ.Methods
			default:
				continue
			}
			for _, field := range fields.List {
				for _, id := range field.Names {
					names[own+"."+id.Name] = true
				}
			}
		}
	}
}

// receiver is the name of a method's type: Auth of *Auth[T].
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
