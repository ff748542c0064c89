package e2e

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"slices"
	"testing"
)

// TestPages looks at the site of the documents as its readers do: on a phone, on a
// screen, on paper, and for a word. Without JWTGATE_NIGHTLY the phone gets the pages
// with the widest tables and code alone.
func TestPages(t *testing.T) {
	needChromium(t)
	dir := t.TempDir()
	build := exec.Command("go", "run", ".", "-o", dir)
	build.Dir = "../site"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := httptest.NewServer(http.FileServerFS(os.DirFS(dir)))
	t.Cleanup(server.Close)
	site := local(server) + "/"
	pages := []string{"index.html", "docs/settings.html", "docs/migrate/gin-jwt.html", "docs/cli.html", "SECURITY.html"}
	if os.Getenv("JWTGATE_NIGHTLY") != "" {
		pages = allPages(t, os.DirFS(dir))
	}
	for name, look := range map[string]func(*tab){
		"phone": func(p *tab) {
			p.like(390, false)
			for _, page := range pages {
				p.open(site + page)
				p.narrow(page)
			}
		},
		"screen": func(p *tab) {
			p.like(1280, true)
			p.open(site + "CHANGELOG.html") // far down in the menu
			if !eval[bool](p, `(([menu, here]) => here.top >= menu.top && here.bottom <= menu.bottom)(["#menu", "#menu [aria-current]"].map(s => document.querySelector(s).getBoundingClientRect()))`) {
				t.Error("the menu does not show which page this is")
			}
			p.open(site + "docs/settings.html#keysremoteconfig")
			p.sees(".heads [aria-current]", "keys.RemoteConfig")
		},
		"search": func(p *tab) {
			p.open(site + "docs/migrate/gin-jwt.html")
			for _, tt := range []struct{ asked, first string }{
				{"refresh", "docs/sessions.html#refresh"},
				{"unknown_key", "docs/refused.html#by-kind"},
				{"UnknownKey", "docs/refused.html#by-kind"},
				{"wrong audience", "docs/refused.html#by-kind"},
				{"JWT_KEY_DIR", "docs/settings.html#from-the-environment"},
				{"CallbackTimeout", "docs/settings.html#coreconfig"},
				{"cookies", "docs/cookies.html#cookies"},
				{"kubernetes", "docs/deployment.html#compose-and-kubernetes"},
			} {
				eval[bool](p, `(i => { i.value = ""; return i.dispatchEvent(new Event("input")) })(document.querySelector("#search input"))`) // which takes back what was found
				p.write("#search input", tt.asked)
				p.sees("#status", "found.")
				if got := eval[[]string](p, `[...document.querySelectorAll("#found a")].map(a => a.href)`); len(got) == 0 || !slices.Contains(got[:min(2, len(got))], site+tt.first) {
					t.Errorf("who asks for %s gets %q, want %s at the top", tt.asked, got, tt.first)
				}
			}
			p.write("#search input", "unknown_key\r") // and the key opens the first
			p.sees("h1", "Token refused: why?")
		},
		"paper": func(p *tab) {
			p.on("print", 720, true)
			for _, page := range []string{"docs/walkthrough.html", "docs/migrate/gin-jwt.html"} {
				p.open(site + page)
				if cut := eval[int](p, `[...document.querySelectorAll("pre, .table")].filter(e => e.scrollWidth > e.clientWidth + 1).length`); cut > 0 {
					t.Errorf("%s: on paper %d blocks are cut off", page, cut)
				}
			}
			if got := eval[string](p, "getComputedStyle(document.body).backgroundColor"); got != "rgb(255, 255, 255)" {
				t.Errorf("paper is %s in dark mode", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			look(newPerson(t, "reader-"+name))
		})
	}
}

func allPages(t *testing.T, site fs.FS) (names []string) {
	t.Helper()
	err := fs.WalkDir(site, ".", func(name string, _ fs.DirEntry, err error) error {
		if path.Ext(name) == ".html" {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) < 30 {
		t.Fatalf("%q, %v", names, err)
	}
	return names
}

// narrow demands that nobody must scroll sideways, but for tables and code by themselves.
func (p *tab) narrow(page string) {
	p.t.Helper()
	if got, width := eval[int](p, "document.documentElement.scrollWidth"), eval[int](p, "innerWidth"); got > width {
		p.t.Errorf("%s is %d wide on a screen of %d", page, got, width)
	}
}
