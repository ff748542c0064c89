package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// One person, two tabs, and access tokens of 3 seconds: all goes on.
func TestRenewal(t *testing.T) {
	needChromium(t)
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			app := start(t, "-framework", framework, "-lifetime", "3s")
			one := newPerson(t, framework+"-one")
			one.logIn(app.url, "joe", "word")
			one.sees("#login-problem", "Wrong username or password.")
			one.write("#password", "pass")
			one.click("#log-in")
			one.sees("#greeting", "Hello, joe")
			loggedIn := time.Now()
			if got := eval[string](one, "document.cookie"); got != "" {
				t.Errorf("scripts can read the cookies %q", got)
			}
			one.click("#call")
			one.sees("#output", `"name": "joe"`)
			one.write("#note", "buy milk")
			one.click("#save")
			one.sees("#saved", "Saved.")

			two := one.another(framework + "-two")
			two.open(app.url)
			two.sees("#greeting", "Hello, joe") // without a password
			if got := eval[string](two, "document.querySelector('#note').value"); got != "buy milk" {
				t.Errorf("the second tab has the note %q", got)
			}
			atOnce(t, app, one, two)

			before := len(app.renewals())
			time.Sleep(time.Until(loggedIn.Add(3500 * time.Millisecond))) // the token of the login is no more
			app.renewed(t, before+1)                                      // in the background
			one.sees("#renewals", "renewed ")
			for _, p := range []*tab{one, two} {
				p.click("#call")
				p.sees("#output", "200 OK")
			}
			one.click("#refresh-list")
			one.sees("#count", "1 session") // all of it was one
		})
	}
}

// Two devices of one person. Access tokens last a minute, so what is refused here
// is refused though they have not expired.
func TestSessions(t *testing.T) {
	needChromium(t)
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			app := start(t, "-framework", framework)
			desk, phone := newPerson(t, framework+"-desk"), newPerson(t, framework+"-phone")
			phone.like(375, true)
			desk.logIn(app.url, "joe", "pass")
			desk.sees("#count", "1 session")
			phone.logIn(app.url, "joe", "pass")
			phone.sees("#count", "2 sessions")
			desk.click("#refresh-list")
			desk.sees("#count", "2 sessions")
			desk.sees("#sessions li:first-child", "this one")
			phone.click("#call")
			phone.sees("#output", "200 OK")

			desk.click("#sessions li:last-child button")
			desk.sees("#count", "1 session")
			phone.click("#call")
			phone.sees("#login-notice", "Your session is over. Log in again.")
			desk.click("#call")
			desk.sees("#output", "200 OK")

			phone.write("#password", "pass") // the name is still there
			phone.click("#log-in")
			phone.sees("#count", "2 sessions")
			phone.click("#log-out-all")
			phone.sees("#login-notice", "You are logged out.")
			desk.click("#call")
			desk.sees("#login-notice", "Your session is over. Log in again.")
			desk.open(app.url)
			desk.sees("h1", "Log in")

			second := desk.another(framework + "-second")
			second.logIn(app.url, "ann", "word")
			second.sees("#greeting", "Hello, ann")
			desk.sees("#greeting", "Hello, ann") // the tabs tell each other
			desk.click("#log-out")
			desk.sees("#login-notice", "You are logged out.")
			second.sees("#login-notice", "You are logged out.")
		})
	}
}

// atOnce lets all tabs renew in the same moment, until the same refresh token was
// presented twice: then the server's grace is what keeps them logged in.
func atOnce(t *testing.T, app *site, tabs ...*tab) {
	t.Helper()
	script := `new Promise(r => setTimeout(r, %d - Date.now())).then(() => import("/session.js")).then(s => s.renew())`
	for range 10 {
		renewed := make(chan error, len(tabs))
		at := time.Now().Add(100 * time.Millisecond).UnixMilli()
		for _, p := range tabs {
			go func() {
				goesOn, err := try[bool](p, fmt.Sprintf(script, at))
				if err == nil && !goesOn {
					err = errors.New("it was refused")
				}
				renewed <- err
			}()
		}
		for range tabs {
			if err := <-renewed; err != nil {
				t.Fatalf("a tab that refreshed together with another: %v", err)
			}
		}
		twice := map[string]int{}
		for _, e := range app.renewals() {
			if twice[e.refresh]++; twice[e.refresh] == 2 {
				for _, p := range tabs {
					p.click("#call")
					p.sees("#output", "200 OK")
				}
				return
			}
		}
	}
	t.Error("the tabs never met in ten tries")
}

// A page that is closed while it refreshes has still got the new tokens: with the
// old ones, after the grace, the session would end for theft.
func TestClosed(t *testing.T) {
	needChromium(t)
	app := start(t)
	p := newPerson(t, "hasty")
	p.logIn(app.url, "joe", "pass")
	p.sees("#greeting", "Hello, joe")
	closed := p.another("closed")
	closed.open(app.url)
	closed.sees("#greeting", "Hello, joe")
	app.slow(400 * time.Millisecond)
	eval[bool](closed, `import("/session.js").then(s => { s.renew(); return true })`)
	app.renewed(t, 1)
	if err := chromedp.Cancel(closed.ctx); err != nil { // the answer is on its way
		t.Fatal(err)
	}
	time.Sleep(600 * time.Millisecond) // the answer takes 400, and the browser a moment to keep its cookies
	app.slow(0)
	eval[bool](p, `import("/session.js").then(s => s.renew())`)
	if got := app.renewed(t, 2); got[0].refresh == got[1].refresh {
		t.Error("the second refresh presented the token of the first: the answer of that was lost with the page")
	}
}

// The reasons for a refusal that a person can do something about.
func TestWords(t *testing.T) {
	needChromium(t)
	app := start(t)
	p := newPerson(t, "guesser")
	p.logIn(app.url, "ann", "x")
	p.sees("#login-problem", "Wrong username or password.")
	const guess = `fetch("/auth", {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"username":"ann","password":"x"}'})`
	eval[int](p, "Promise.all(Array.from({length: 9}, () => "+guess+")).then(all => all.length)")
	p.write("#password", "word\r")
	p.sees("#login-problem", "Too many attempts. Try again in ")

	p.write("#username", "joe")
	p.write("#password", "pass\r")
	p.sees("#greeting", "Hello, joe")
	eval[bool](p, `(window.fetch = () => Promise.reject(new TypeError("offline"))) !== null`)
	p.click("#call")
	p.sees("#problem", "The server cannot be reached.")
	if got := eval[string](p, "document.activeElement.id"); got != "call" {
		t.Errorf("the focus is on %q, want it to stay on the button", got)
	}
}

// The page on a screen and on a phone, light and dark.
func TestPictures(t *testing.T) {
	needChromium(t)
	app := start(t)
	p := newPerson(t, "visitor")
	for _, tt := range []struct {
		name  string
		width int64
		dark  bool
	}{{"light", 1100, false}, {"dark", 1100, true}, {"phone", 375, false}, {"phone-dark", 375, true}} {
		p.like(tt.width, tt.dark)
		p.logIn(app.url, "joe", "x")
		p.sees("#login-problem", "Wrong")
		p.fits()
		p.picture("login-" + tt.name)
		p.write("#password", "pass\r")
		p.sees("#greeting", "Hello")
		if tt.name == "light" {
			elsewhere := newPerson(t, "elsewhere")
			elsewhere.agent("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0")
			elsewhere.logIn(app.url, "joe", "pass")
			elsewhere.sees("#count", "2 sessions")
		}
		p.write("#note", "Buy milk, and end the session on the old phone.")
		p.click("#save")
		p.sees("#saved", "Saved.")
		p.click("#refresh-list")
		p.sees("#count", "2 sessions")
		p.sees("#sessions", "Firefox on Android")
		p.click("#call")
		p.sees("#output", "200 OK")
		p.fits()
		p.picture("home-" + tt.name)
		p.click("#log-out")
		p.sees("#login-notice", "logged out")
	}
}

// fits demands that nobody must scroll sideways, that what can be used has a name
// for those who do not see it, and is large enough for a finger.
func (p *tab) fits() {
	p.t.Helper()
	for what, script := range map[string]string{
		"wider than the screen": `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)`,
		"without a name":        `[...document.querySelectorAll("button, input, textarea, progress, pre")].filter(e => e.type !== "hidden" && !e.innerText && !e.ariaLabel && !e.labels?.length)`,
		"too small for a touch": `[...document.querySelectorAll("button, input")].filter(e => e.checkVisibility() && e.offsetHeight < 40)`,
	} {
		if got := eval[[]string](p, script+".map(e => e.id || e.tagName)"); len(got) > 0 {
			p.t.Errorf("%s: %s: %s", p.name, what, strings.Join(got, ", "))
		}
	}
}
