package core_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestKeyRingRotateBeforeALaterKey: a key that is to begin after the new one
// follows it, and does not retire with those before it.
func TestKeyRingRotateBeforeALaterKey(t *testing.T) {
	clock := jwttest.NewClock(now)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now}, core.RingKey{Key: edKey(t, "a")},
		core.RingKey{Key: edKey(t, "c"), NotBefore: now.Add(24 * time.Hour)})
	if err := ring.Rotate(edKey(t, "b")); err != nil {
		t.Fatal(err)
	}
	for _, k := range ring.Keys() {
		if retires := !k.RetireAt.IsZero(); retires != (k.Key.ID() == "a") {
			t.Errorf("%s retires at %v", k.Key.ID(), k.RetireAt)
		}
	}
	clock.Advance(25 * time.Hour)
	if got := signerID(ring); got != "c" {
		t.Errorf("%q signs, want c", got)
	}
}

// TestKeyRingChangeWhileTimePasses: a request that finds that a key's time has
// come does not undo what was changed while it looked at the clock.
func TestKeyRingChangeWhileTimePasses(t *testing.T) {
	clock := jwttest.NewClock(now)
	var ring *core.KeyRing
	meanwhile := func() {}
	ring = newRing(t, core.KeyRingConfig{Now: func() time.Time {
		act := meanwhile
		meanwhile = func() {}
		act()
		return clock.Now()
	}}, core.RingKey{Key: edKey(t, "a")})
	if err := ring.Rotate(edKey(t, "b")); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute)
	meanwhile = func() {
		if err := ring.Retire("a", clock.Now()); err != nil {
			t.Error(err)
		}
	}
	if got := find(t, ring, "a"); got != nil {
		t.Errorf("a was found by the request during which it retired: %v", got)
	}
	if got := ids(t, ring, "EdDSA"); got != "b" {
		t.Errorf("%q verify, want b: the change is lost", got)
	}
}

func TestNewKeyRingMistakes(t *testing.T) {
	secret, err := core.NewSecret([]byte(rand.Text() + rand.Text()))
	if err != nil {
		t.Fatal(err)
	}
	a, b := edKey(t, "a"), edKey(t, "b")
	config := func(change func(*core.KeyRingConfig)) core.KeyRingConfig {
		cfg := core.KeyRingConfig{Now: stopped}
		change(&cfg)
		return cfg
	}
	plain := config(func(*core.KeyRingConfig) {})
	for _, tt := range []struct {
		name string
		cfg  core.KeyRingConfig
		keys []core.RingKey
		want []string
	}{
		{"none", plain, nil, []string{"no keys"}},
		{"nil", plain, []core.RingKey{{}}, []string{"key 1: it is nil"}},
		{"zero", plain, []core.RingKey{{Key: &core.Key{}}}, []string{"key 1: it is nil or zero"}},
		{"secret without id", plain, []core.RingKey{{Key: secret}}, []string{"key 1: it is a secret without an id", "WithKeyID"}},
		{"twice", plain, []core.RingKey{{Key: a}, {Key: a}}, []string{`key 2: the ring has a key "a" already`}},
		{"one id", plain, []core.RingKey{{Key: a}, {Key: edKey(t, "a")}}, []string{`key 2: the ring has a key "a" already`}},
		{"retired", plain, []core.RingKey{{Key: a}, {Key: b, RetireAt: now}}, []string{`the key "b" has retired at 2030-01-01T000000Z`}},
		{"never signs", plain, []core.RingKey{{Key: a}, {Key: b, NotBefore: now.Add(2), RetireAt: now.Add(2)}}, []string{`the key "b" retires before it signs`}},
		{"too early", plain, []core.RingKey{
			{Key: a, RetireAt: now.Add(11*time.Minute - 1)}, {Key: b, NotBefore: now.Add(time.Minute)},
		}, []string{`the key "a" retires at 2030-01-01T001059Z, but signs until "b" does`, "let it retire at 2030-01-01T001100Z or later"}},
		{"negative lead", config(func(c *core.KeyRingConfig) { c.Lead = -1 }), []core.RingKey{{Key: a}}, []string{"Lead: -1ns is outside"}},
		{"short lead", config(func(c *core.KeyRingConfig) { c.Lead = time.Second - 1 }), []core.RingKey{{Key: a}}, []string{"Lead:"}},
		{"endless lead", config(func(c *core.KeyRingConfig) { c.Lead = 1 << 62 }), []core.RingKey{{Key: a}}, []string{"Lead:"}},
		{"lifetime", config(func(c *core.KeyRingConfig) { c.Lifetime = -1 }), []core.RingKey{{Key: a}}, []string{"Lifetime: -1ns"}},
		{"all at once", config(func(c *core.KeyRingConfig) { c.Lead, c.Lifetime = -1, -1 }), []core.RingKey{{}, {Key: secret}},
			[]string{"Lead:", "Lifetime:", "key 1:", "key 2:"}},
	} {
		ring, err := core.NewKeyRing(tt.cfg, tt.keys...)
		if ring != nil || err == nil {
			t.Errorf("%s: got %v, %v, want an error", tt.name, ring, err)
			continue
		}
		contains(t, tt.name, err.Error(), tt.want...)
		for line := range strings.Lines(err.Error()) {
			if !strings.HasPrefix(line, "jwtgate: NewKeyRing: ") {
				t.Errorf("%s: %q does not say where it is from", tt.name, line)
			}
		}
	}
	// To the nanosecond late enough.
	newRing(t, plain, core.RingKey{Key: a, RetireAt: now.Add(11 * time.Minute)}, core.RingKey{Key: b, NotBefore: now.Add(time.Minute)})
}

func TestKeyRingChanges(t *testing.T) {
	clock := jwttest.NewClock(now)
	recorder := new(jwttest.Recorder)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now, Observer: core.KeyObserver(recorder)}, core.RingKey{Key: edKey(t, "a")})
	_, publicPEM := edPEM(t)
	public := parsedKey(t, publicPEM, core.WithKeyID("public"))
	refused := func(name string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", name, err, want)
		}
	}
	accepted := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	refused("rotate to a public key", ring.Rotate(public), "KeyRing.Rotate: the key cannot sign")
	refused("rotate to nothing", ring.Rotate(nil), "KeyRing.Rotate: it is nil or zero")
	refused("rotate to the same", ring.Rotate(edKey(t, "a")), `has a key "a" already`)
	refused("add nothing", ring.Add(core.RingKey{}), "KeyRing.Add: it is nil or zero")
	refused("add a retired one", ring.Add(core.RingKey{Key: edKey(t, "x"), RetireAt: now}), "has retired")
	refused("retire a stranger", ring.Retire("x", now), `KeyRing.Retire: the ring has no key "x"`)
	if got := ids(t, ring, "EdDSA"); got != "a" || len(recorder.Events()) != 0 {
		t.Errorf("after what was refused: %q verify, and %d events", got, len(recorder.Events()))
	}
	if ring.Keys()[0].RetireAt != (time.Time{}) {
		t.Error("a Rotate that was refused let the old key retire")
	}

	accepted("add a public key", ring.Add(core.RingKey{Key: public}))
	accepted("add without a time", ring.Add(core.RingKey{Key: edKey(t, "b")}))
	if got := signerID(ring); got != "a" {
		t.Errorf("a key that was added without a time signs at once: %q", got)
	}
	clock.Advance(time.Minute)
	if got := signerID(ring); got != "b" {
		t.Errorf("after a Lead %q signs, want b", got)
	}
	accepted("add with a time", ring.Add(core.RingKey{Key: edKey(t, "c"), NotBefore: clock.Now()}))
	if got := signerID(ring); got != "c" {
		t.Errorf("in an emergency %q signs, want c", got)
	}
	accepted("retire later", ring.Retire("a", clock.Now().Add(time.Second)))
	if find(t, ring, "a") == nil {
		t.Error("a is to retire in a second, and has")
	}
	clock.Advance(time.Second)
	accepted("retire now", ring.Retire("b", time.Time{}))
	if got := ids(t, ring, "EdDSA"); got != "c public" {
		t.Errorf("%q verify, want c and public", got)
	}
	accepted("what has retired may come back", ring.Add(core.RingKey{Key: edKey(t, "b")}))
	accepted("retire the last that signs", ring.Retire("c", clock.Now()))
	accepted("and the one to come", ring.Retire("b", clock.Now()))
	if _, err := ring.SigningKey(context.Background()); err == nil || ring.CanSign() {
		t.Error("no key is left that can sign, and one does")
	}
	var seen []string
	for _, e := range recorder.Events() {
		if e.Action != core.ActionKeys || e.Kind != 0 || e.Cause != nil || e.Resource != "key ring" || e.Algorithm != "EdDSA" {
			t.Errorf("event %+v", e)
		}
		seen = append(seen, e.KeyID)
	}
	if got := strings.Join(seen, " "); got != "public b c a b b c b" {
		t.Errorf("events of the keys %q", got)
	}
}
