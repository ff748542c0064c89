package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// evil is another site than localhost, for Chromium alone.
const evil = "evil.example"

var (
	chromium context.Context // the one browser of all tests; nil if there is none
	lacking  error           // why there is none
	programs string          // where the example and the command line are, built
)

func TestMain(m *testing.M) { os.Exit(withChromium(m)) }

func withChromium(m *testing.M) (status int) {
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		for range 50 { // the browser's children may still write when it has ended
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	path, err := exec.LookPath("chromium")
	if err != nil {
		path, err = exec.LookPath("google-chrome")
	}
	if err != nil {
		lacking = errors.New("there is neither chromium nor google-chrome on this machine")
		return m.Run()
	}
	programs = filepath.Join(dir, "programs")
	build := exec.Command("go", "build", "-o", programs+"/", "./examples/browser", "./cmd/jwtgate")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.WindowSize(1100, 800),
		chromedp.Flag("host-resolver-rules", "MAP "+evil+" 127.0.0.1, MAP localhost 127.0.0.1, MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ::1"),
	}
	if os.Getuid() == 0 { // Chromium's sandbox wants another user
		flags = append(flags, chromedp.NoSandbox)
	}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "no-proxy-server", "disable-dev-shm-usage", "disable-extensions"} {
		flags = append(flags, chromedp.Flag(f, true))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	defer stop()
	ctx, stop := chromedp.NewContext(allocator)
	defer stop()
	if err := chromedp.Do(ctx); err != nil {
		lacking = fmt.Errorf("%s does not start: %w", path, err)
	} else {
		chromium = ctx
	}
	return m.Run()
}

func needChromium(t *testing.T) {
	t.Helper()
	switch {
	case chromium != nil:
	case os.Getenv("JWTGATE_CHROMIUM") == "required":
		t.Fatalf("JWTGATE_CHROMIUM is required, but %v", lacking)
	default:
		t.Skip(lacking)
	}
}

// tab is a tab, and the person before it.
type tab struct {
	t    *testing.T
	name string
	ctx  context.Context
}

// newPerson has a browser, with cookies, of their own.
func newPerson(t *testing.T, name string) *tab {
	return newTab(t, name, chromium, chromedp.WithNewBrowserContext())
}

// another is a further tab of the same person.
func (p *tab) another(name string) *tab { return newTab(p.t, name, p.ctx) }

func newTab(t *testing.T, name string, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	p := &tab{t, name, ctx}
	p.do("a new tab", chromedp.EmulateViewport(1100, 800))
	return p
}

// patience is how long anything may take that a person waits for, on a machine
// that has much else to do.
const patience = 20 * time.Second

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if chromedp.FromContext(p.ctx).Target == nil { // the first run binds the tab's life to its context
		if err := chromedp.Do(p.ctx); err != nil {
			p.t.Fatalf("%s: %s: %v", p.name, what, err)
		}
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, what, err)
	}
}

func (p *tab) open(url string) { p.t.Helper(); p.do("open "+url, chromedp.Navigate(url)) }

// click clicks with the mouse, where the element is.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// write replaces what is in a field by what is typed.
func (p *tab) write(selector, text string) {
	p.t.Helper()
	field := chromedp.CSS(selector)
	p.do("wait for "+selector, chromedp.WaitVisible(field))
	eval[string](p, fmt.Sprintf("document.querySelector(%q).value = ''", selector))
	p.do("write into "+selector, chromedp.SendKeys(field, text))
}

// eval runs a script in the page and waits for what it promises.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	v, err := try[T](p, script)
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, script, err)
	}
	return v
}

// try is eval for other goroutines than the test's.
func try[T any](p *tab, script string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// sees waits until the element is there to be seen and shows the text.
func (p *tab) sees(selector, text string) {
	p.t.Helper()
	script := fmt.Sprintf("(e => e?.checkVisibility() ? e.innerText : 'nothing')(document.querySelector(%q))", selector)
	got, err := "", error(nil)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		// A page that is just being left fails.
		if got, err = try[string](p, script); err == nil && strings.Contains(got, text) {
			return
		}
	}
	p.picture("failed-" + p.name)
	p.t.Fatalf("%s: %s shows %q (%v), want %q", p.name, selector, got, err, text)
}

// logIn opens the page, and fills in the form.
func (p *tab) logIn(url, username, password string) {
	p.t.Helper()
	p.open(url)
	p.sees("h1", "Log in")
	p.write("#username", username)
	p.write("#password", password+"\r") // with the key, as one does
}

// picture leaves a screenshot of the page behind.
func (p *tab) picture(name string) {
	p.t.Helper()
	image, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatalf("%s: a screenshot: %v", p.name, err)
	}
	path := filepath.Join(cmp.Or(os.Getenv("JWTGATE_ARTIFACTS"), p.t.TempDir()), name+".png")
	if err := os.WriteFile(path, image, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.t.Logf("%s: %d bytes", path, len(image))
}

// like makes the screen of another device: its width, and its preference for dark.
func (p *tab) like(width int64, dark bool) { p.t.Helper(); p.on("screen", width, dark) }

// on is like for a medium, as print.
func (p *tab) on(medium string, width int64, dark bool) {
	p.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	p.do("another screen", chromedp.EmulateViewport(width, 700), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// agent makes the browser call itself another.
func (p *tab) agent(name string) {
	p.t.Helper()
	p.do("another name", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: name})
		return err
	}))
}
