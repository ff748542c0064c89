package readme_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

var update = flag.Bool("update", false, "write what docs/settings.md has of the code anew")

// A struct of settings is one that is named a Config, or one of these, which go
// into one.
var (
	configs = regexp.MustCompile(`Config$`)
	parts   = []string{
		"core.ClaimRules", "core.Provider", "core.SessionCookies",
		"core.HeaderSource", "core.CookieSource", "core.QuerySource", "core.FormSource", "core.JSONSource", "core.ProtocolSource",
		"core.SessionRevocation", "keys.RingKey", "logins.Rate", "logins.Limits",
	}
	first = []string{ // the order of the page; what is not named here follows by itself
		"core.Config", "core.ClaimRules", "core.Provider", "core.LoginConfig", "core.SessionConfig", "core.SessionCookies",
		"core.HeaderSource", "core.CookieSource", "core.QuerySource", "core.FormSource", "core.JSONSource", "core.ProtocolSource",
		"core.SessionRevocation", "core.ResourceConfig",
	}
)

// TestSettings keeps docs/settings.md what the doc comments say: every variable of
// the environment, and every field of every struct of settings. With -update it
// writes the page.
func TestSettings(t *testing.T) {
	file := filepath.Join(root(t), "docs", "settings.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for name, made := range map[string]string{"variables": variablesTable(), "fields": fieldsOf(t, publicPackages(t))} {
		begin, end := fmt.Sprintf("<!-- %s: begin, made by go test ./internal/readme -run TestSettings -update -->\n\n", name), fmt.Sprintf("<!-- %s: end -->\n", name)
		before, rest, begins := strings.Cut(page, begin)
		got, after, ends := strings.Cut(rest, end)
		if !begins || !ends {
			t.Fatalf("docs/settings.md has no %s…%s", begin, end)
		}
		if got != made && !*update {
			t.Errorf("docs/settings.md is not what the code says of %s, first at %q; go test ./internal/readme -run TestSettings -update writes it", name, difference(got, made))
		}
		page = before + begin + made + end + after
	}
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSettingsRed shows that the page follows a doc comment, and that no struct
// with an Insecure field can be left out, and none that stands in a setting.
func TestSettingsRed(t *testing.T) {
	pkg := parsePackage(t, "example", map[string]string{"a.go": `package example

// Config is one.
//
//	field   default
//	Ready   yes
//	        and more
//	Bare    none
//	Rules   nil
type Config struct {
	_ [0]func()
	hidden int
	// Ready, Steady say [Config] *so*:
	//
	//	x := 1
	Ready, Steady bool
	Bare string // bare
	Rules []RulesConfig
}

// RulesConfig is another.
type RulesConfig struct { A int }

// Option is an option.
type Option func()

// With does.
func With(name ...string) Option { return nil }

// Other has a secret door.
type Other struct { InsecureDoor bool }

// Place is a source, and Nowhere has nothing to set.
type (
	Place   struct { Name string }
	Nowhere struct { name string }
)

// Find finds.
func (Place) Find() {}

// Find finds nothing.
func (Nowhere) Find() {}
`})
	want := "### example.Config\n\nConfig is one.\n\n" +
		"- **`Ready`, `Steady`** `bool`: Ready, Steady say [Config](https://pkg.go.dev/" + module + "/example#Config) \\*so\\*:\n\n  ```\n  x := 1\n  ```\n\n  Default of Ready: yes and more.\n" +
		"- **`Bare`** `string`: bare Default: none.\n" +
		"- **`Rules`** [`[]RulesConfig`](#examplerulesconfig): Default: nil.\n\n" +
		"### example.Option\n\nOption is an option.\n\n- **`With(name ...string)`**: With does.\n\n" +
		"### example.RulesConfig\n\nRulesConfig is another.\n\n- **`A`** `int`: as above.\n\n"
	if got := fieldsOf(t, []*doc.Package{pkg}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := leftOut([]*doc.Package{pkg}); !slices.Equal(got, []string{"example.Other", "example.Place"}) {
		t.Errorf("left out: got %q", got)
	}
}

// TestNoSettingLeftOut demands that what takes a protection away is on the page, and what
// is filled in to be a source or a revocation.
func TestNoSettingLeftOut(t *testing.T) {
	for _, name := range leftOut(publicPackages(t)) {
		t.Errorf("%s has fields to set, and docs/settings.md does not list it: name it among parts", name)
	}
}

func leftOut(packages []*doc.Package) (names []string) {
	for _, pkg := range packages {
		for _, typ := range pkg.Types {
			name := pkg.Name + "." + typ.Name
			fields := fieldList(typ)
			if fields == nil || isSettings(name) {
				continue
			}
			stands := slices.ContainsFunc(typ.Methods, func(f *doc.Func) bool { return f.Name == "Find" || f.Name == "Revoked" })
			if slices.ContainsFunc(fields.List, func(f *ast.Field) bool {
				return slices.ContainsFunc(f.Names, func(id *ast.Ident) bool {
					return id.IsExported() && (stands || strings.HasPrefix(id.Name, "Insecure") && id.Name != "Insecure")
				})
			}) {
				names = append(names, name)
			}
		}
	}
	return names
}

func isSettings(name string) bool { return configs.MatchString(name) || slices.Contains(parts, name) }

func variablesTable() string {
	var b strings.Builder
	b.WriteString("| variable | what it is |\n| --- | --- |\n")
	for name, text := range core.EnvSettings() {
		fmt.Fprintf(&b, "| `JWT_%s` | %s |\n", name, strings.ReplaceAll(text, "|", `\|`))
	}
	return b.String()
}

// fieldsOf are the structs of settings of the packages, as Markdown.
func fieldsOf(t *testing.T, packages []*doc.Package) string {
	t.Helper()
	texts := map[string]string{}
	var names []string
	for _, pkg := range packages {
		for _, typ := range pkg.Types {
			name := pkg.Name + "." + typ.Name
			switch fields := fieldList(typ); {
			case typ.Name == "Option":
				names = append(names, name)
				texts[name] = optionsOf(pkg, typ)
			case fields != nil && isSettings(name):
				names = append(names, name)
				texts[name] = settingsOf(t, pkg, typ, fields)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	var b strings.Builder
	for _, name := range names {
		b.WriteString(texts[name])
	}
	return b.String()
}

// rank is the place of a struct on the page.
func rank(name string) int {
	if i := slices.Index(first, name); i >= 0 {
		return i
	}
	return len(first)
}

func fieldList(typ *doc.Type) *ast.FieldList {
	for _, spec := range typ.Decl.Specs {
		if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.Name == typ.Name {
			if s, ok := spec.Type.(*ast.StructType); ok {
				return s.Fields
			}
		}
	}
	return nil
}
