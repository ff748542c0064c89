package keys_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// ids are the ids of the keys that verify a token of the algorithm without a
// kid, in their order.
func ids(t testing.TB, source keys.Source, alg string) string {
	t.Helper()
	found, err := source.Find(context.Background(), keys.Hint{Algorithm: alg})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, k := range found {
		list = append(list, k.ID())
	}
	return strings.Join(list, " ")
}

// find is the one key with an id, nil if there is none.
func find(t testing.TB, source keys.Source, id string) *keys.Key {
	t.Helper()
	found, err := source.Find(context.Background(), keys.Hint{KeyID: id, Algorithm: "EdDSA"})
	if err != nil || len(found) > 1 {
		t.Fatalf("%s: got %v, %v", id, found, err)
	}
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// TestKeyRingLife follows two rotations on the clock, to the second.
func TestKeyRingLife(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now, Lead: time.Minute, Lifetime: time.Hour}, keys.RingKey{Key: coretest.EdKey(t, "a")})
	for _, step := range []struct {
		after  time.Duration
		rotate string
		signer string
		verify string
	}{
		{0, "", "a", "a"},
		{0, "b", "a", "b a"},
		{time.Minute - time.Nanosecond, "", "a", "b a"},
		{time.Minute, "", "b", "b a"},
		{10 * time.Minute, "c", "b", "c b a"},
		{11*time.Minute - time.Nanosecond, "", "b", "c b a"},
		{11 * time.Minute, "", "c", "c b a"},
		// a signed until 1m; its last token and the leeway end an hour and 5 minutes later.
		{66*time.Minute - time.Nanosecond, "", "c", "c b a"},
		{66 * time.Minute, "", "c", "c b"},
		{76*time.Minute - time.Nanosecond, "", "c", "c b"},
		{76 * time.Minute, "", "c", "c"},
		{1000 * time.Hour, "", "c", "c"},
	} {
		clock.Set(coretest.Now.Add(step.after))
		if step.rotate != "" {
			if err := ring.Rotate(coretest.EdKey(t, step.rotate)); err != nil {
				t.Fatal(err)
			}
		}
		if got := coretest.SignerID(ring); got != step.signer {
			t.Errorf("after %v: %q signs, want %q", step.after, got, step.signer)
		}
		if got := ids(t, ring, "EdDSA"); got != step.verify {
			t.Errorf("after %v: %q verify, want %q", step.after, got, step.verify)
		}
		if got := len(ring.Keys()); got != len(strings.Fields(step.verify)) {
			t.Errorf("after %v: %d Keys, want %q", step.after, got, step.verify)
		}
	}
	// Clocks go back, and what was not so then is not so.
	clock.Set(coretest.Now.Add(30 * time.Second))
	if got := coretest.SignerID(ring); got != "a" {
		t.Errorf("clock set back: %q signs, want a", got)
	}
}

func TestKeyRingSigner(t *testing.T) {
	before, later := coretest.Now.Add(-time.Hour), coretest.Now.Add(time.Hour)
	_, publicPEM := coretest.EdPEM(t)
	public := coretest.ParsedKey(t, publicPEM, keys.WithID("public"))
	key := func(id string, from, until time.Time) keys.RingKey {
		return keys.RingKey{Key: coretest.EdKey(t, id), NotBefore: from, RetireAt: until}
	}
	var none time.Time
	for _, tt := range []struct {
		name string
		keys []keys.RingKey
		want string
	}{
		{"one", []keys.RingKey{key("a", none, none)}, "a"},
		{"two, the last one given", []keys.RingKey{key("a", none, none), key("b", none, none)}, "b"},
		{"by time, not by place", []keys.RingKey{key("b", before, none), key("a", none, none)}, "b"},
		{"just now", []keys.RingKey{key("a", none, none), key("b", coretest.Now, none)}, "b"},
		{"one to come", []keys.RingKey{key("a", none, none), key("b", later, none)}, "a"},
		{"none has come: the first to", []keys.RingKey{key("b", later.Add(1), none), key("a", later, none)}, "a"},
		{"a public key never", []keys.RingKey{key("a", none, none), {Key: public}}, "a"},
		{"public keys alone", []keys.RingKey{{Key: public}}, ""},
		{"retiring", []keys.RingKey{key("a", none, none), key("b", before, later)}, "b"},
	} {
		ring := coretest.NewRing(t, keys.RingConfig{Now: coretest.Stopped}, tt.keys...)
		if got := coretest.SignerID(ring); got != tt.want || ring.CanSign() != (tt.want != "") {
			t.Errorf("%s: %q signs, CanSign %v, want %q", tt.name, got, ring.CanSign(), tt.want)
		}
	}
}

func TestKeyRingIDs(t *testing.T) {
	private, public := coretest.EdPEM(t)
	key := coretest.ParsedKey(t, private)
	want, err := key.Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	ring := coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: key})
	got := find(t, ring, want)
	if got == nil || got.ID() != want || !got.CanSign() {
		t.Fatalf("got %v, want a key with the id %s", got, want)
	}
	half, err := got.Public()
	if err != nil || half.ID() != want || half.CanSign() {
		t.Errorf("the public half is %v, %v", half, err)
	}
	if find(t, key, "other") != key || find(t, key, want) != key {
		t.Error("outside the ring the key does not answer for every id")
	}
	ring = coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: coretest.ParsedKey(t, public)})
	if got := find(t, ring, want); got == nil || got.CanSign() {
		t.Errorf("public key: got %v, want id %s", got, want)
	} else if half, err := got.Public(); err != nil || half != got {
		t.Errorf("public key: its public half is %v, %v", half, err)
	}
	if got := find(t, ring, "other"); got != nil {
		t.Errorf("unknown id: got %v", got)
	}
}

// TestKeyRingKeepsPointers: the cache of verified tokens relies on it.
func TestKeyRingKeepsPointers(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	private, _ := coretest.EdPEM(t)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now}, keys.RingKey{Key: coretest.ParsedKey(t, private)})
	id := coretest.SignerID(ring)
	first := find(t, ring, id)
	for i := range 5 {
		if err := ring.Rotate(coretest.EdKey(t, string(rune('a'+i)))); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
		if got := find(t, ring, id); got != first {
			t.Fatalf("after rotation %d: another *Key, %v", i+1, got)
		}
	}
	clock.Advance(time.Hour)
	if got := find(t, ring, id); got != nil {
		t.Errorf("it has retired: got %v", got)
	}
}

func TestKeyRingFindDoesNotAllocate(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now}, keys.RingKey{Key: coretest.EdKey(t, "a")})
	if err := ring.Rotate(coretest.EdKey(t, "b")); err != nil { // so that there are times to come
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, hint := range []keys.Hint{
		{KeyID: "a", Algorithm: "EdDSA"}, {KeyID: "b", Algorithm: "Ed25519"}, {KeyID: "x", Algorithm: "EdDSA"}, {Algorithm: "EdDSA"}, {KeyID: "a", Algorithm: "RS256"},
	} {
		if n := testing.AllocsPerRun(100, func() { _, _ = ring.Find(ctx, hint) }); n != 0 {
			t.Errorf("%+v: %v allocations", hint, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = ring.SigningKey(ctx) }); n != 0 {
		t.Errorf("SigningKey: %v allocations", n)
	}
}

func TestKeyRingShowsNoSecret(t *testing.T) {
	text := rand.Text() + rand.Text()
	secret, err := keys.NewSecret([]byte(text), keys.WithID("s"))
	if err != nil {
		t.Fatal(err)
	}
	ring := coretest.NewRing(t, keys.RingConfig{Now: coretest.Stopped}, keys.RingKey{Key: secret, NotBefore: coretest.Now.Add(time.Hour), RetireAt: coretest.Now.Add(2 * time.Hour)})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		printed := coretest.Sprintf(verb, ring) + coretest.Sprintf(verb, struct{ r *keys.Ring }{ring}) + coretest.Sprintf(verb, ring.Keys())
		coretest.Lacks(t, verb, []byte(printed), text, text[:20], coretest.Sprintf("%x", text[:20]))
	}
	if got, want := ring.String(), `Ring[Key{HS256, id "s", can sign} from 2030-01-01T01:00:00Z until 2030-01-01T02:00:00Z]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkKeyRingFind(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(coretest.Sprintf("%d", n), func(b *testing.B) {
			var list []keys.RingKey
			for i := range n {
				list = append(list, keys.RingKey{Key: coretest.EdKey(b, coretest.Sprintf("key-%d", i))})
			}
			ring := coretest.NewRing(b, keys.RingConfig{}, list...)
			hint := keys.Hint{KeyID: coretest.Sprintf("key-%d", n/2), Algorithm: "EdDSA"}
			b.ReportAllocs()
			for b.Loop() {
				if found, _ := ring.Find(context.Background(), hint); len(found) != 1 {
					b.Fatal(found)
				}
			}
		})
	}
}
