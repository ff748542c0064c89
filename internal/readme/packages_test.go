package readme_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// publicPackages are those that programs import, but for those of tests.
func publicPackages(t *testing.T) []*doc.Package {
	t.Helper()
	tree := os.DirFS(root(t))
	files := map[string]map[string]string{} // by directory
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (slices.Contains([]string{"internal", "examples", "testdata", "cmd", "tools", "jwttest", "adaptertest", "storetest"}, base) || strings.HasPrefix(base, ".")):
			return fs.SkipDir
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			text, err := fs.ReadFile(tree, name)
			if err != nil {
				return err
			}
			dir := path.Dir(name)
			if files[dir] == nil {
				files[dir] = map[string]string{}
			}
			files[dir][name] = string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var packages []*doc.Package
	for dir, texts := range files {
		packages = append(packages, parsePackage(t, dir, texts))
	}
	slices.SortFunc(packages, func(a, b *doc.Package) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return packages
}

func parsePackage(t *testing.T, dir string, files map[string]string) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, err := parser.ParseFile(fset, name, files[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	pkg, err := doc.NewFromFiles(fset, parsed, path.Join(module, dir))
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}
