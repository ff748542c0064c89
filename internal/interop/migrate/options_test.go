package migrate_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// peers are the packages whose options the guides answer for.
var peers = map[string][]string{
	"gin-jwt.md":      {"github.com/appleboy/gin-jwt/v2"},
	"echo-jwt.md":     {"github.com/labstack/echo-jwt/v4"},
	"fiber-jwt.md":    {"github.com/gofiber/contrib/jwt"},
	"fiber-v3-jwt.md": {"github.com/gofiber/contrib/v3/jwt"},
	"auth0.md": {
		"github.com/auth0/go-jwt-middleware/v2", "github.com/auth0/go-jwt-middleware/v2/validator", "github.com/auth0/go-jwt-middleware/v2/jwks",
		"github.com/auth0/go-jwt-middleware/v3", "github.com/auth0/go-jwt-middleware/v3/validator", "github.com/auth0/go-jwt-middleware/v3/jwks",
	},
	"jwtauth.md": {"github.com/go-chi/jwtauth/v5"},
}

// settings are the structs that an application fills in.
var settings = []string{"GinJWTMiddleware", "Config", "SigningKey", "IssuerKeyConfig"}

var quotedName = regexp.MustCompile("`([A-Za-z_]\\w*…?)`")

// TestOptions looks for every exported function, method, variable and setting of the other
// libraries among the rows of the guides, and for every row among them: what is not
// here says so, and nothing is forgotten. Their errors are one row, `Err…`.
func TestOptions(t *testing.T) {
	list := []string{"list", "-f", "{{.ImportPath}} {{.Dir}}"}
	for _, packages := range peers {
		list = append(list, packages...)
	}
	out, err := exec.Command("go", list...).Output()
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		pkg, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		dirs[pkg] = dir
	}
	for guide, packages := range peers {
		has := map[string]bool{}
		for _, pkg := range packages {
			exported(t, dirs[pkg], has)
		}
		holdOptions(t, guide, has)
	}
}

// TestFlaskOptions does so for the settings, loaders and functions of Flask-JWT-Extended,
// which its own program lists.
func TestFlaskOptions(t *testing.T) {
	needFlask(t)
	out, err := exec.Command(python(), "-c", `
import json, flask, flask_jwt_extended as f
app = flask.Flask("x")
f.JWTManager(app)
names = [n for n in app.config if n.startswith("JWT_")]
names += [n for n in dir(f.JWTManager) if n.endswith("_loader")]
names += [n for n in dir(f) if callable(getattr(f, n)) and n[0].islower()]
names += [n for n in dir(f) if n == "exceptions"]
print(json.dumps(names))`).Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := json.Unmarshal(out, &names); err != nil || len(names) < 60 {
		t.Fatalf("%d names: %v", len(names), err)
	}
	has := map[string]bool{}
	for _, name := range names {
		has[name] = true
	}
	holdOptions(t, "flask-jwt-extended.md", has)
}

func holdOptions(t *testing.T, guide string, has map[string]bool) {
	t.Helper()
	rows := table(section(t, guide, "Every option"), "option")
	said := map[string]bool{}
	for _, row := range rows {
		if len(row) != 2 || row[1] == "" {
			t.Errorf("%s: %q says nothing", guide, row)
			continue
		}
		for _, m := range quotedName.FindAllStringSubmatch(row[0], -1) {
			said[m[1]] = true
			if !has[m[1]] {
				t.Errorf("%s: %s is nothing of that library", guide, m[1])
			}
		}
	}
	var missing []string
	for name := range has {
		if !said[name] {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("%s says nothing of `%s`", guide, strings.Join(missing, "`, `"))
	}
}

// exported adds the exported functions, methods, variables and settings of a package.
func exported(t *testing.T, dir string, names map[string]bool) {
	t.Helper()
	production := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), dir, production, parser.SkipObjectResolution)
	if err != nil || len(packages) == 0 {
		t.Fatalf("%s: %v", dir, err)
	}
	add := func(id *ast.Ident) {
		if strings.HasPrefix(id.Name, "Err") && len(id.Name) > len("Err") && unicode.IsUpper(rune(id.Name[len("Err")])) {
			names["Err…"] = true
		} else if id.IsExported() && !slices.Contains([]string{"Error", "Unwrap", "Is", "String"}, id.Name) {
			names[id.Name] = true
		}
	}
	addAll := func(all []*ast.Ident) {
		for _, id := range all {
			add(id)
		}
	}
	for _, pkg := range packages {
		for _, file := range pkg.Files {
			for _, decl := range file.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil || exportedReceiver(d.Recv.List[0].Type) {
						add(d.Name)
					}
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						switch s := spec.(type) {
						case *ast.ValueSpec:
							if d.Tok == token.VAR {
								addAll(s.Names)
							}
						case *ast.TypeSpec:
							if s.Name.Name == "ContextKey" { // handlers read by it
								add(s.Name)
							}
							if slices.Contains(settings, s.Name.Name) {
								for _, field := range s.Type.(*ast.StructType).Fields.List {
									addAll(field.Names)
								}
							}
						}
					}
				}
			}
		}
	}
}

func exportedReceiver(e ast.Expr) bool {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	id, ok := e.(*ast.Ident)
	return ok && id.IsExported()
}
