package conform

import (
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberjwt"
)

// The tests here hold the pitfalls of docs/frameworks.md to their word. One that
// fails because a framework has become better is good news: change the text.

// TestBodyFirst: Fiber reads the whole body before the gate, the others do not.
func TestBodyFirst(t *testing.T) {
	for _, s := range start(t, mounts) {
		w := dial(t, s.addr)
		w.send(do("POST", "/me", "Content-Length: 1000000"))
		wait := 5 * time.Second
		if s.name == "fiber" {
			wait = 100 * time.Millisecond
		}
		_ = w.conn.SetReadDeadline(time.Now().Add(wait))
		a, _, err := w.read(false)
		if answers, want := err == nil && a.Status == 401, s.name != "fiber"; answers != want {
			t.Errorf("%s: answers before the body: got %v (%v), want %v", s.name, answers, err, want)
		}
	}
}

// TestClientGone: on Fiber a callback's context does not end with the client.
func TestClientGone(t *testing.T) {
	for _, s := range start(t, mounts) {
		w := dial(t, s.addr)
		w.send(me(with(`"do":"wait a little"`)))
		time.Sleep(50 * time.Millisecond) // so that it goes in the middle of the call; the answer is the same if it goes before
		_ = w.conn.Close()
		want := core.Unavailable // the context's error
		if s.name == "fiber" {
			want = core.Forbidden // what it says when it has waited for nothing
		}
		var got core.Kind
		for end := time.Now().Add(10 * time.Second); got == 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
			got = s.app.recorder.take()
		}
		if got != want {
			t.Errorf("%s: got %v, want %v", s.name, got, want)
		}
	}
}

// TestFiberAsItComes: with Fiber's default of 4 KiB for all fields together, a
// token that core would take never reaches it.
func TestFiberAsItComes(t *testing.T) {
	app := newApp()
	f := fiber.New(fiber.Config{DisableStartupMessage: true})
	f.Get("/me", fiberjwt.Require(app.Auth), func(c *fiber.Ctx) error { return c.SendString("ok") })
	addr := listenFiber(t, f)
	for length, want := range map[int]int{3000: 200, 4096: 431, 8192: 431} {
		w := dial(t, addr)
		w.send(me(ofLength(length)))
		if a, _, err := w.read(false); err != nil || a.Status != want {
			t.Errorf("a token of %d bytes: got %d, %v, want %d", length, a.Status, err, want)
		}
	}
}

// TestFiberErrorPage: Fiber's default error handler answers a request that it
// cannot parse with the request's own head, token and all.
func TestFiberErrorPage(t *testing.T) {
	w := dial(t, Fiber.Serve(t, newApp()))
	w.send(get("/me", auth("very-secret"), "X-Other: \x01"))
	if a, _, err := w.read(false); err != nil || a.Status != 400 || !strings.Contains(a.Body, "very-secret") {
		t.Errorf("got %d %q, %v, want 400 and the token", a.Status, a.Body, err)
	}
}

// TestFiberWaits: Fiber does not see the end of a head whose lines end with LF
// alone (RFC 9112 section 2.2 lets a server take them), and waits for more.
func TestFiberWaits(t *testing.T) {
	for _, s := range start(t, mounts) {
		w := dial(t, s.addr)
		w.send(strings.ReplaceAll(me(good("joe")), "\r\n", "\n"))
		wait := 5 * time.Second
		if s.name == "fiber" {
			wait = 100 * time.Millisecond
		}
		_ = w.conn.SetReadDeadline(time.Now().Add(wait))
		a, _, err := w.read(false)
		if answers, want := err == nil && a.Status == 200, s.name != "fiber"; answers != want {
			t.Errorf("%s: answers: got %v (%v), want %v", s.name, answers, err, want)
		}
	}
}
