package core_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// keyDir is a directory of keys under test.
type keyDir struct {
	testing.TB
	path     string
	clock    *jwttest.Clock
	recorder *jwttest.Recorder
}

func newKeyDir(t testing.TB) *keyDir {
	return &keyDir{t, t.TempDir(), jwttest.NewClock(now), new(jwttest.Recorder)}
}

// write puts a file there as if it had been written at a time of the clock.
func (d *keyDir) write(name string, text []byte, age time.Duration) {
	d.Helper()
	path := filepath.Join(d.path, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		d.Fatal(err)
	}
	written := d.clock.Now().Add(-age)
	if err := os.Chtimes(path, written, written); err != nil {
		d.Fatal(err)
	}
}

// private writes a new private key and returns its id.
func (d *keyDir) private(name string, age time.Duration) (id string) {
	d.Helper()
	text, _ := edPEM(d)
	d.write(name, text, age)
	return thumbprint(d, text)
}

func thumbprint(t testing.TB, text []byte) string {
	t.Helper()
	id, err := parsedKey(t, text).Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (d *keyDir) rename(from, to string) {
	d.Helper()
	if err := os.Rename(filepath.Join(d.path, from), filepath.Join(d.path, to)); err != nil {
		d.Fatal(err)
	}
}

func (d *keyDir) remove(name string) {
	d.Helper()
	if err := os.Remove(filepath.Join(d.path, name)); err != nil {
		d.Fatal(err)
	}
}

func (d *keyDir) config() core.KeyRingConfig {
	return core.KeyRingConfig{Now: d.clock.Now, Observer: core.KeyObserver(d.recorder)}
}

func (d *keyDir) load() *core.KeyDir {
	d.Helper()
	ring, err := core.LoadKeyDir(d.path, d.config())
	if err != nil {
		d.Fatal(err)
	}
	return ring
}

func (d *keyDir) reload(ring *core.KeyDir) {
	d.Helper()
	if err := ring.Reload(context.Background()); err != nil {
		d.Fatal(err)
	}
}

// signs checks who signs. The names are those of the ids given.
func (d *keyDir) signs(when string, ring *core.KeyDir, want string) {
	d.Helper()
	if got := signerID(ring); got != want {
		d.Errorf("%s: %s signs, want %s", when, got, want)
	}
}

const hour = time.Hour

// TestKeyDirRotation is a rotation as an operator does it.
func TestKeyDirRotation(t *testing.T) {
	d := newKeyDir(t)
	old := d.private("2029-12.pem", hour)
	ring := d.load()
	d.signs("one file", ring, old)
	first := find(t, ring, old)

	d.clock.Advance(hour)
	next := d.private("2030-01.pem", 20*hour) // made long ago, and put there now
	if find(t, ring, next) != nil {
		t.Error("the new key is known before Reload")
	}
	d.reload(ring)
	d.signs("found", ring, old)
	if find(t, ring, next) == nil {
		t.Error("the new key does not verify, and so is not published")
	}
	d.clock.Advance(time.Minute - 1)
	d.signs("a nanosecond before its Lead is over", ring, old)
	d.clock.Advance(1)
	d.signs("after its Lead", ring, next)
	d.reload(ring)
	if got := find(t, ring, old); got != first {
		t.Errorf("after two reloads: another *Key, %v", got)
	}
	d.clock.Advance(10 * time.Minute)
	d.remove("2029-12.pem")
	d.reload(ring)
	if got := find(t, ring, old); got != nil {
		t.Errorf("its file is deleted: got %v", got)
	}
	d.signs("after the deletion", ring, next)

	var seen []string
	for _, e := range d.recorder.Events() {
		seen = append(seen, sprintf("%v %s %s", e.Action, e.Kind.String(), e.KeyID))
	}
	// The reload that changed nothing is none.
	if got, want := strings.Join(seen, ", "), "keys ok "+old+", keys ok "+next; got != want {
		t.Errorf("events: got %s, want %s", got, want)
	}
}

// TestKeyDirRename: a name changes the times, and not the key.
func TestKeyDirRename(t *testing.T) {
	d := newKeyDir(t)
	a, b := d.private("a.pem", hour), d.private("b.pem", hour)
	ring := d.load()
	first := find(t, ring, a)
	d.signs("by name", ring, b)
	d.rename("a.pem", "c.pem")
	d.reload(ring)
	d.signs("a became c", ring, a)
	d.rename("c.pem", "a.until-2030-01-01T010000Z.pem")
	d.reload(ring)
	d.signs("and a again", ring, b)
	if find(t, ring, a) != first {
		t.Error("the renamed file's key is another *Key")
	}
	d.clock.Advance(hour)
	if find(t, ring, a) != nil {
		t.Error("its until- has come, without a Reload, and it still verifies")
	}
	d.rename("a.until-2030-01-01T010000Z.pem", "b.until-2029-12-31.pem")
	d.reload(ring)
	if got := ids(t, ring, "EdDSA"); got != b {
		t.Errorf("%s verify, want %s", got, b)
	}
}

// TestKeyDirFromTooSoon: a file that says that it signs at once, but that nobody
// could know of, waits for its Lead all the same.
func TestKeyDirFromTooSoon(t *testing.T) {
	d := newKeyDir(t)
	a := d.private("a.pem", hour)
	ring := d.load()
	b := d.private("b.from-2030-01-01.pem", 0)
	d.reload(ring)
	d.signs("found", ring, a)
	d.reload(ring)
	d.clock.Advance(time.Minute)
	d.signs("after its Lead", ring, b)
}

// TestKeyDirWatch polls on a clock of its own, which runs as fast as it can.
func TestKeyDirWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newKeyDir(t)
		d.clock.Set(time.Now())
		cfg := core.KeyRingConfig{Observer: core.KeyObserver(d.recorder)} // time.Now is the bubble's
		a := d.private("a.pem", hour)
		ring, err := core.LoadKeyDir(d.path, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := atomic.Bool{}
		go func() {
			ring.Watch(ctx)
			ended.Store(true)
		}()
		after := func(wait time.Duration) {
			time.Sleep(wait)
			synctest.Wait()
		}
		after(25 * time.Second)
		if n := len(d.recorder.Events()); n != 0 {
			t.Errorf("%d events of nothing", n)
		}
		b := d.private("b.pem", hour)
		after(6 * time.Second) // at 30 s
		if find(t, ring, b) == nil {
			t.Error("the new file was not found")
		}
		d.write("c.pem", []byte("bad"), 0)
		after(50 * time.Second)
		d.signs("beside a bad file", ring, a)
		after(10 * time.Second)
		d.signs("after its Lead, beside a bad file", ring, b)
		d.remove("c.pem")
		after(20 * time.Second)
		var seen []string
		for _, e := range d.recorder.Events() {
			seen = append(seen, e.Kind.String())
		}
		// Found; one bad file, told once; good again.
		if got := strings.Join(seen, " "); got != "ok unavailable ok" {
			t.Errorf("events %q", got)
		}
		cancel()
		synctest.Wait()
		if !ended.Load() {
			t.Error("Watch goes on after its context has ended")
		}
	})
}

// TestKeyDirUnderLoad reloads while others find and sign, for the race detector.
func TestKeyDirUnderLoad(t *testing.T) {
	d := newKeyDir(t)
	a := d.private("a.pem", hour)
	ring := d.load()
	first := find(t, ring, a)
	stop := make(chan struct{})
	finished := make(chan struct{})
	for range 3 {
		go func() {
			defer func() { finished <- struct{}{} }()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if find(t, ring, a) != first || signerID(ring) == "" {
					t.Error("the key of a file that stayed was not found")
					return
				}
				_ = ring.String()
			}
		}()
	}
	for i := range 30 {
		name := sprintf("b%d.pem", i)
		d.private(name, 0)
		d.reload(ring)
		d.clock.Advance(time.Minute)
		d.write("bad.pem", []byte("bad"), 0)
		if err := ring.Reload(context.Background()); err == nil {
			t.Error("a bad file: no error")
		}
		d.remove("bad.pem")
		d.remove(name)
		d.reload(ring)
	}
	close(stop)
	for range 3 {
		<-finished
	}
}
