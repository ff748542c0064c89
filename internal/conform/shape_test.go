package conform

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/jwtgate/jwtgate"
)

// ownProtocol are the adapters that do not answer as HTTP does. adaptertest.RunOutcomes
// is their suite.
var ownProtocol = []string{"connectjwt", "grpcjwt", "mcpjwt"}

// TestAdapters: an adapter decides nothing, so it is one file of at most 120
// lines, and all of them have the same functions in the same order.
func TestAdapters(t *testing.T) {
	dirs, err := filepath.Glob(root + "/*jwt")
	if err != nil || len(dirs) < len(Mounts) {
		t.Fatalf("got %d adapters, %v, want %d", len(dirs), err, len(Mounts))
	}
	for _, dir := range dirs {
		if slices.Contains(ownProtocol, filepath.Base(dir)) {
			continue
		}
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
		if len(files) != 1 {
			t.Errorf("%s: got the files %q, want one", dir, files)
			continue
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > 120 {
			t.Errorf("%s: got %d lines, want 120 at most", files[0], n)
		}
		want := []string{"New", "Require", "Optional", "Login", "Use", "Endpoint", "Mount", "Identity", "Claims"}
		if got := exported(t, files[0], text); !slices.Equal(got, want) {
			t.Errorf("%s: got the functions %q, want %q", files[0], got, want)
		}
	}
}

func exported(t *testing.T, name string, text []byte) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// TestDependencies: who uses core on net/http takes on golang-jwt and nothing else.
func TestDependencies(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./core", "./nethttpjwt")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if path != "github.com/golang-jwt/jwt/v5" && !strings.HasPrefix(path, module+"/") {
			t.Errorf("core or nethttpjwt depends on %s", path)
		}
	}
}
