package keys_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestKeyDirRotation is a rotation as an operator does it.
func TestKeyDirRotation(t *testing.T) {
	d := coretest.NewKeyDir(t)
	old := d.Private("2029-12.pem", coretest.Hour)
	ring := d.Load()
	d.Signs("one file", ring, old)
	first := find(t, ring, old)

	d.Clock.Advance(coretest.Hour)
	next := d.Private("2030-01.pem", 20*coretest.Hour) // made long ago, and put there now
	if find(t, ring, next) != nil {
		t.Error("the new key is known before Reload")
	}
	d.Reload(ring)
	d.Signs("found", ring, old)
	if find(t, ring, next) == nil {
		t.Error("the new key does not verify, and so is not published")
	}
	d.Clock.Advance(time.Minute - 1)
	d.Signs("a nanosecond before its Lead is over", ring, old)
	d.Clock.Advance(1)
	d.Signs("after its Lead", ring, next)
	d.Reload(ring)
	if got := find(t, ring, old); got != first {
		t.Errorf("after two reloads: another *Key, %v", got)
	}
	d.Clock.Advance(10 * time.Minute)
	d.Remove("2029-12.pem")
	d.Reload(ring)
	if got := find(t, ring, old); got != nil {
		t.Errorf("its file is deleted: got %v", got)
	}
	d.Signs("after the deletion", ring, next)

	var seen []string
	for _, e := range d.Recorder.Events() {
		seen = append(seen, coretest.Sprintf("%v %s %s", e.Action, e.Kind.String(), e.KeyID))
	}
	// The reload that changed nothing is none.
	if got, want := strings.Join(seen, ", "), "keys ok "+old+", keys ok "+next; got != want {
		t.Errorf("events: got %s, want %s", got, want)
	}
}

// TestKeyDirRename: a name changes the times, and not the key.
func TestKeyDirRename(t *testing.T) {
	d := coretest.NewKeyDir(t)
	a, b := d.Private("a.pem", coretest.Hour), d.Private("b.pem", coretest.Hour)
	ring := d.Load()
	first := find(t, ring, a)
	d.Signs("by name", ring, b)
	d.Rename("a.pem", "c.pem")
	d.Reload(ring)
	d.Signs("a became c", ring, a)
	d.Rename("c.pem", "a.until-2030-01-01T010000Z.pem")
	d.Reload(ring)
	d.Signs("and a again", ring, b)
	if find(t, ring, a) != first {
		t.Error("the renamed file's key is another *Key")
	}
	d.Clock.Advance(coretest.Hour)
	if find(t, ring, a) != nil {
		t.Error("its until- has come, without a Reload, and it still verifies")
	}
	d.Rename("a.until-2030-01-01T010000Z.pem", "b.until-2029-12-31.pem")
	d.Reload(ring)
	if got := ids(t, ring, "EdDSA"); got != b {
		t.Errorf("%s verify, want %s", got, b)
	}
}

// TestKeyDirFromTooSoon: a file that says that it signs at once, but that nobody
// could know of, waits for its Lead all the same.
func TestKeyDirFromTooSoon(t *testing.T) {
	d := coretest.NewKeyDir(t)
	a := d.Private("a.pem", coretest.Hour)
	ring := d.Load()
	b := d.Private("b.from-2030-01-01.pem", 0)
	d.Reload(ring)
	d.Signs("found", ring, a)
	d.Reload(ring)
	d.Clock.Advance(time.Minute)
	d.Signs("after its Lead", ring, b)
}

// TestKeyDirWatch polls on a clock of its own, which runs as fast as it can.
func TestKeyDirWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := coretest.NewKeyDir(t)
		d.Clock.Set(time.Now())
		cfg := keys.RingConfig{Observer: core.KeyObserver(d.Recorder)} // time.Now is the bubble's
		a := d.Private("a.pem", coretest.Hour)
		ring, err := keys.LoadDir(d.Path, cfg)
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
		if n := len(d.Recorder.Events()); n != 0 {
			t.Errorf("%d events of nothing", n)
		}
		b := d.Private("b.pem", coretest.Hour)
		after(6 * time.Second) // at 30 s
		if find(t, ring, b) == nil {
			t.Error("the new file was not found")
		}
		d.Write("c.pem", []byte("bad"), 0)
		after(50 * time.Second)
		d.Signs("beside a bad file", ring, a)
		after(10 * time.Second)
		d.Signs("after its Lead, beside a bad file", ring, b)
		d.Remove("c.pem")
		after(20 * time.Second)
		var seen []string
		for _, e := range d.Recorder.Events() {
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
	d := coretest.NewKeyDir(t)
	a := d.Private("a.pem", coretest.Hour)
	ring := d.Load()
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
				if find(t, ring, a) != first || coretest.SignerID(ring) == "" {
					t.Error("the key of a file that stayed was not found")
					return
				}
				_ = ring.String()
			}
		}()
	}
	for i := range 30 {
		name := coretest.Sprintf("b%d.pem", i)
		d.Private(name, 0)
		d.Reload(ring)
		d.Clock.Advance(time.Minute)
		d.Write("bad.pem", []byte("bad"), 0)
		if err := ring.Reload(context.Background()); err == nil {
			t.Error("a bad file: no error")
		}
		d.Remove("bad.pem")
		d.Remove(name)
		d.Reload(ring)
	}
	close(stop)
	for range 3 {
		<-finished
	}
}
