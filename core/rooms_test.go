package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestRooms keeps the walls: the rooms below core do not know it, and no room
// knows a module beyond what core may (ARCHITECTURE.md, rule 10).
func TestRooms(t *testing.T) {
	const module = "github.com/jwtgate/jwtgate/"
	above := []string{"core/adaptertest", "core/denylist", "core/explain", "core/logins", "core/providers", "core/jwttest", "core/storetest", "core/internal/coretest"}
	rooms := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "testdata" { // programs that tests run, and no rooms
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		room := filepath.ToSlash(filepath.Join("core", filepath.Dir(path)))
		rooms[room] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		knows := room == "core"
		for _, a := range above {
			knows = knows || room == a
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if imported == module+"core" && !knows {
				t.Errorf("%s imports core, and stands below it", path)
			}
			for _, a := range above {
				if imported == module+a && room == "core" {
					t.Errorf("%s imports %s, which stands above core", path, a)
				}
			}
			if strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") && !strings.HasPrefix(imported, module) &&
				imported != "github.com/golang-jwt/jwt/v5" && room != "core/internal/coretest" {
				t.Errorf("%s imports %s", path, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"core", "core/keys", "core/sessions", "core/internal/journal"} {
		if !rooms[want] {
			t.Errorf("no file of %s was read", want)
		}
	}
	if _, err := os.Stat("keys/doc.go"); err != nil {
		t.Error(err)
	}
}
