package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// runConnections is what one request cannot show.
func runConnections(t *testing.T, servers []server) {
	for _, s := range servers {
		t.Run("keep-alive/"+s.Name, func(t *testing.T) { keepAlive(t, s) })
		t.Run("many connections/"+s.Name, func(t *testing.T) { manyConnections(t, s) })
		t.Run("stream/"+s.Name, func(t *testing.T) { stream(t, s) })
		t.Run("upgrade/"+s.Name, func(t *testing.T) { upgrade(t, s) })
	}
}

// keepAlive sends many users over one connection. Fasthttp reads each request
// into the memory of the one before, so what an application has kept of a
// request must read the same when another has come (gofiber/fiber#185).
func keepAlive(t *testing.T, s server) {
	w := dial(t, s.addr)
	for i := range 101 {
		user := fmt.Sprintf("user-%d-%s", i, strings.Repeat("x", i*37%50))
		w.send(at(fmt.Sprintf("/keep?i=%d&pad=%s", i, strings.Repeat("y", i*53%70)), good(user),
			"Cookie: c="+user, "X-Pad: "+strings.Repeat("z", i*71%90)))
		got, _, err := w.read(false)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		if diff := yes(user, "Custom Bearer").diff(got); diff != "" {
			t.Fatalf("request %d: %s", i, diff)
		}
		w.send(do("DELETE", "/unknown/"+user))
		if got, _, err = w.read(false); err != nil || got.Status != http.StatusNotFound {
			t.Fatalf("request %d: got %d, %v, want 404", i, got.Status, err)
		}
	}
	s.app.keeper.mu.Lock()
	defer s.app.keeper.mu.Unlock()
	if n := len(s.app.keeper.kept); n != 202 {
		t.Errorf("got %d things kept, want 202", n)
	}
	for i, kept := range s.app.keeper.kept {
		if got := kept.read(); got != kept.want {
			t.Errorf("what was kept as number %d: got %q, want %q", i, got, kept.want)
		}
	}
}

// manyConnections has users at the same time; nobody may get another's answer.
func manyConnections(t *testing.T, s server) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			w := dial(t, s.addr)
			user := fmt.Sprintf("user-%d", i)
			for range 25 {
				w.send(me(good(user)))
				got, _, err := w.read(false)
				if err != nil {
					t.Error(err)
					return
				}
				if diff := yes(user, "Header Bearer").diff(got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	wg.Wait()
}

// stream reads the first part of an answer before its second part is written.
func stream(t *testing.T, s server) {
	w := dial(t, s.addr)
	w.send(at("/stream", good("joe")))
	res, err := http.ReadResponse(w.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	const first, second = "first for joe\n", "second for joe\n"
	part := make([]byte, len(first))
	if _, err := io.ReadFull(res.Body, part); err != nil || string(part) != first {
		t.Fatalf("got %q, %v, want %q", part, err, first)
	}
	select {
	case s.app.proceed <- struct{}{}:
	case <-timeout():
		t.Fatal("the handler does not wait")
	}
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != second {
		t.Errorf("got %q, %v, want %q", rest, err, second)
	}
}

// upgrade takes the connection over behind the gate, and not without a token.
func upgrade(t *testing.T, s server) {
	fields := []string{"Connection: Upgrade", "Upgrade: lines"}
	w := dial(t, s.addr)
	w.send(at("/upgrade", good("joe"), fields...))
	got, _, err := w.read(false)
	if err != nil || got.Status != http.StatusSwitchingProtocols || got.Header.Get("Upgrade") != "lines" {
		t.Fatalf("got %d, Upgrade %q, %v, want 101", got.Status, got.Header.Get("Upgrade"), err)
	}
	w.send("hello\n")
	const want = "joe said hello\n"
	line := make([]byte, len(want))
	if _, err := io.ReadFull(w.r, line); err != nil || string(line) != want {
		t.Errorf("got %q, %v, want %q", line, err, want)
	}
	w = dial(t, s.addr)
	w.send(get("/upgrade", fields...))
	if got, _, err = w.read(false); err != nil || got.Status != http.StatusUnauthorized {
		t.Errorf("without a token: got %d, %v, want 401", got.Status, err)
	}
}
