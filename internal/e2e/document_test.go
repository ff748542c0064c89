package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What docs/sessions.md shows of a page's script, run as it stands there.
func TestDocument(t *testing.T) {
	needChromium(t)
	text, err := os.ReadFile("../../docs/sessions.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```js\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) != 1 {
		t.Fatalf("docs/sessions.md has %d blocks of js, want 1", len(blocks))
	}
	// The console knows no static import.
	script := regexp.MustCompile(`import (\{.*?\}) from "\./(.*?)";`).ReplaceAllString(string(blocks[0][1]), `const $1 = await import("/$2");`)
	if !strings.Contains(script, "await import") {
		t.Fatalf("the block imports nothing:\n%s", script)
	}
	app := start(t)
	p := newPerson(t, "reader")
	p.open(app.url + "/icon.svg") // a page of the site without a script of its own
	got := eval[string](p, `(async () => { let shown = 0; const showLogin = () => shown++; `+script+` return me.name + shown })()`)
	if got != "joe1" {
		t.Errorf("got %q, want joe's name, and the login shown once", got)
	}
}
