package keys_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestKeyRingRotateBeforeALaterKey: a key that is to begin after the new one
// follows it, and does not retire with those before it.
func TestKeyRingRotateBeforeALaterKey(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now}, keys.RingKey{Key: coretest.EdKey(t, "a")},
		keys.RingKey{Key: coretest.EdKey(t, "c"), NotBefore: coretest.Now.Add(24 * time.Hour)})
	if err := ring.Rotate(coretest.EdKey(t, "b")); err != nil {
		t.Fatal(err)
	}
	for _, k := range ring.Keys() {
		if retires := !k.RetireAt.IsZero(); retires != (k.Key.ID() == "a") {
			t.Errorf("%s retires at %v", k.Key.ID(), k.RetireAt)
		}
	}
	clock.Advance(25 * time.Hour)
	if got := coretest.SignerID(ring); got != "c" {
		t.Errorf("%q signs, want c", got)
	}
}

// TestKeyRingChangeWhileTimePasses: a request that finds that a key's time has
// come does not undo what was changed while it looked at the clock.
func TestKeyRingChangeWhileTimePasses(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	var ring *keys.Ring
	meanwhile := func() {}
	ring = coretest.NewRing(t, keys.RingConfig{Now: func() time.Time {
		act := meanwhile
		meanwhile = func() {}
		act()
		return clock.Now()
	}}, keys.RingKey{Key: coretest.EdKey(t, "a")})
	if err := ring.Rotate(coretest.EdKey(t, "b")); err != nil {
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
	secret, err := keys.NewSecret([]byte(rand.Text() + rand.Text()))
	if err != nil {
		t.Fatal(err)
	}
	a, b := coretest.EdKey(t, "a"), coretest.EdKey(t, "b")
	config := func(change func(*keys.RingConfig)) keys.RingConfig {
		cfg := keys.RingConfig{Now: coretest.Stopped}
		change(&cfg)
		return cfg
	}
	plain := config(func(*keys.RingConfig) {})
	for _, tt := range []struct {
		name string
		cfg  keys.RingConfig
		keys []keys.RingKey
		want []string
	}{
		{"none", plain, nil, []string{"no keys"}},
		{"nil", plain, []keys.RingKey{{}}, []string{"key 1: it is nil"}},
		{"zero", plain, []keys.RingKey{{Key: &keys.Key{}}}, []string{"key 1: it is nil or zero"}},
		{"secret without id", plain, []keys.RingKey{{Key: secret}}, []string{"key 1: it is a secret without an id", "WithID"}},
		{"twice", plain, []keys.RingKey{{Key: a}, {Key: a}}, []string{`key 2: the ring has a key "a" already`}},
		{"one id", plain, []keys.RingKey{{Key: a}, {Key: coretest.EdKey(t, "a")}}, []string{`key 2: the ring has a key "a" already`}},
		{"retired", plain, []keys.RingKey{{Key: a}, {Key: b, RetireAt: coretest.Now}}, []string{`the key "b" has retired at 2030-01-01T000000Z`}},
		{"never signs", plain, []keys.RingKey{{Key: a}, {Key: b, NotBefore: coretest.Now.Add(2), RetireAt: coretest.Now.Add(2)}}, []string{`the key "b" retires before it signs`}},
		{"too early", plain, []keys.RingKey{
			{Key: a, RetireAt: coretest.Now.Add(11*time.Minute - 1)}, {Key: b, NotBefore: coretest.Now.Add(time.Minute)},
		}, []string{`the key "a" retires at 2030-01-01T001059Z, but signs until "b" does`, "let it retire at 2030-01-01T001100Z or later"}},
		{"negative lead", config(func(c *keys.RingConfig) { c.Lead = -1 }), []keys.RingKey{{Key: a}}, []string{"Lead: -1ns is outside"}},
		{"short lead", config(func(c *keys.RingConfig) { c.Lead = time.Second - 1 }), []keys.RingKey{{Key: a}}, []string{"Lead:"}},
		{"endless lead", config(func(c *keys.RingConfig) { c.Lead = 1 << 62 }), []keys.RingKey{{Key: a}}, []string{"Lead:"}},
		{"lifetime", config(func(c *keys.RingConfig) { c.Lifetime = -1 }), []keys.RingKey{{Key: a}}, []string{"Lifetime: -1ns"}},
		{"all at once", config(func(c *keys.RingConfig) { c.Lead, c.Lifetime = -1, -1 }), []keys.RingKey{{}, {Key: secret}},
			[]string{"Lead:", "Lifetime:", "key 1:", "key 2:"}},
	} {
		ring, err := keys.NewRing(tt.cfg, tt.keys...)
		if ring != nil || err == nil {
			t.Errorf("%s: got %v, %v, want an error", tt.name, ring, err)
			continue
		}
		coretest.Contains(t, tt.name, err.Error(), tt.want...)
		for line := range strings.Lines(err.Error()) {
			if !strings.HasPrefix(line, "jwtgate: keys.NewRing: ") {
				t.Errorf("%s: %q does not say where it is from", tt.name, line)
			}
		}
	}
	// To the nanosecond late enough.
	coretest.NewRing(t, plain, keys.RingKey{Key: a, RetireAt: coretest.Now.Add(11 * time.Minute)}, keys.RingKey{Key: b, NotBefore: coretest.Now.Add(time.Minute)})
}

func TestKeyRingChanges(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	recorder := new(jwttest.Recorder)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now, Observer: core.KeyObserver(recorder)}, keys.RingKey{Key: coretest.EdKey(t, "a")})
	_, publicPEM := coretest.EdPEM(t)
	public := coretest.ParsedKey(t, publicPEM, keys.WithID("public"))
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
	refused("rotate to a public key", ring.Rotate(public), "Ring.Rotate: the key cannot sign")
	refused("rotate to nothing", ring.Rotate(nil), "Ring.Rotate: it is nil or zero")
	refused("rotate to the same", ring.Rotate(coretest.EdKey(t, "a")), `has a key "a" already`)
	refused("add nothing", ring.Add(keys.RingKey{}), "Ring.Add: it is nil or zero")
	refused("add a retired one", ring.Add(keys.RingKey{Key: coretest.EdKey(t, "x"), RetireAt: coretest.Now}), "has retired")
	refused("retire a stranger", ring.Retire("x", coretest.Now), `Ring.Retire: the ring has no key "x"`)
	if got := ids(t, ring, "EdDSA"); got != "a" || len(recorder.Events()) != 0 {
		t.Errorf("after what was refused: %q verify, and %d events", got, len(recorder.Events()))
	}
	if ring.Keys()[0].RetireAt != (time.Time{}) {
		t.Error("a Rotate that was refused let the old key retire")
	}

	accepted("add a public key", ring.Add(keys.RingKey{Key: public}))
	accepted("add without a time", ring.Add(keys.RingKey{Key: coretest.EdKey(t, "b")}))
	if got := coretest.SignerID(ring); got != "a" {
		t.Errorf("a key that was added without a time signs at once: %q", got)
	}
	clock.Advance(time.Minute)
	if got := coretest.SignerID(ring); got != "b" {
		t.Errorf("after a Lead %q signs, want b", got)
	}
	accepted("add with a time", ring.Add(keys.RingKey{Key: coretest.EdKey(t, "c"), NotBefore: clock.Now()}))
	if got := coretest.SignerID(ring); got != "c" {
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
	accepted("what has retired may come back", ring.Add(keys.RingKey{Key: coretest.EdKey(t, "b")}))
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
