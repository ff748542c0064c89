package core_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// edPEM is a new Ed25519 key: the private one, and its public half.
func edPEM(t testing.TB) (private, public []byte) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	privDER, errPriv := x509.MarshalPKCS8PrivateKey(priv)
	pubDER, errPub := x509.MarshalPKIXPublicKey(pub)
	if err := errors.Join(errPriv, errPub); err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privDER}),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pubDER})
}

func parsedKey(t testing.TB, text []byte, opts ...core.KeyOption) *core.Key {
	t.Helper()
	key, err := core.ParseKey(text, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// edKey is a new private key with an id.
func edKey(t testing.TB, id string) *core.Key {
	t.Helper()
	private, _ := edPEM(t)
	return parsedKey(t, private, core.WithKeyID(id))
}

func newRing(t testing.TB, cfg core.KeyRingConfig, keys ...core.RingKey) *core.KeyRing {
	t.Helper()
	ring, err := core.NewKeyRing(cfg, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// signerID is the id of the key that signs, "" if none does.
func signerID(s core.Signer) string {
	key, err := s.SigningKey(context.Background())
	if err != nil {
		return ""
	}
	return key.ID()
}

// ids are the ids of the keys that verify a token of the algorithm without a
// kid, in their order.
func ids(t testing.TB, keys core.KeySource, alg string) string {
	t.Helper()
	found, err := keys.Find(context.Background(), core.KeyHint{Algorithm: alg})
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
func find(t testing.TB, keys core.KeySource, id string) *core.Key {
	t.Helper()
	found, err := keys.Find(context.Background(), core.KeyHint{KeyID: id, Algorithm: "EdDSA"})
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
	clock := jwttest.NewClock(now)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now, Lead: time.Minute, Lifetime: time.Hour}, core.RingKey{Key: edKey(t, "a")})
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
		clock.Set(now.Add(step.after))
		if step.rotate != "" {
			if err := ring.Rotate(edKey(t, step.rotate)); err != nil {
				t.Fatal(err)
			}
		}
		if got := signerID(ring); got != step.signer {
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
	clock.Set(now.Add(30 * time.Second))
	if got := signerID(ring); got != "a" {
		t.Errorf("clock set back: %q signs, want a", got)
	}
}

func TestKeyRingSigner(t *testing.T) {
	before, later := now.Add(-time.Hour), now.Add(time.Hour)
	_, publicPEM := edPEM(t)
	public := parsedKey(t, publicPEM, core.WithKeyID("public"))
	key := func(id string, from, until time.Time) core.RingKey {
		return core.RingKey{Key: edKey(t, id), NotBefore: from, RetireAt: until}
	}
	var none time.Time
	for _, tt := range []struct {
		name string
		keys []core.RingKey
		want string
	}{
		{"one", []core.RingKey{key("a", none, none)}, "a"},
		{"two, the last one given", []core.RingKey{key("a", none, none), key("b", none, none)}, "b"},
		{"by time, not by place", []core.RingKey{key("b", before, none), key("a", none, none)}, "b"},
		{"just now", []core.RingKey{key("a", none, none), key("b", now, none)}, "b"},
		{"one to come", []core.RingKey{key("a", none, none), key("b", later, none)}, "a"},
		{"none has come: the first to", []core.RingKey{key("b", later.Add(1), none), key("a", later, none)}, "a"},
		{"a public key never", []core.RingKey{key("a", none, none), {Key: public}}, "a"},
		{"public keys alone", []core.RingKey{{Key: public}}, ""},
		{"retiring", []core.RingKey{key("a", none, none), key("b", before, later)}, "b"},
	} {
		ring := newRing(t, core.KeyRingConfig{Now: stopped}, tt.keys...)
		if got := signerID(ring); got != tt.want || ring.CanSign() != (tt.want != "") {
			t.Errorf("%s: %q signs, CanSign %v, want %q", tt.name, got, ring.CanSign(), tt.want)
		}
	}
}

func TestKeyRingIDs(t *testing.T) {
	private, public := edPEM(t)
	key := parsedKey(t, private)
	want, err := key.Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	ring := newRing(t, core.KeyRingConfig{}, core.RingKey{Key: key})
	got := find(t, ring, want)
	if got == nil || got.ID() != want || !got.CanSign() {
		t.Fatalf("got %v, want a key with the id %s", got, want)
	}
	half, err := got.Public()
	if err != nil || half.ID() != want || half.CanSign() {
		t.Errorf("the public half is %v, %v", half, err)
	}
	if key.ID() != "" {
		t.Errorf("the key that was given got an id: %v", key)
	}
	ring = newRing(t, core.KeyRingConfig{}, core.RingKey{Key: parsedKey(t, public)})
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
	clock := jwttest.NewClock(now)
	private, _ := edPEM(t)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now}, core.RingKey{Key: parsedKey(t, private)})
	id := signerID(ring)
	first := find(t, ring, id)
	for i := range 5 {
		if err := ring.Rotate(edKey(t, string(rune('a'+i)))); err != nil {
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
	clock := jwttest.NewClock(now)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now}, core.RingKey{Key: edKey(t, "a")})
	if err := ring.Rotate(edKey(t, "b")); err != nil { // so that there are times to come
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, hint := range []core.KeyHint{
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
	secret, err := core.NewSecret([]byte(text), core.WithKeyID("s"))
	if err != nil {
		t.Fatal(err)
	}
	ring := newRing(t, core.KeyRingConfig{Now: stopped}, core.RingKey{Key: secret, NotBefore: now.Add(time.Hour), RetireAt: now.Add(2 * time.Hour)})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		printed := sprintf(verb, ring) + sprintf(verb, struct{ r *core.KeyRing }{ring}) + sprintf(verb, ring.Keys())
		lacks(t, verb, []byte(printed), text, text[:20], sprintf("%x", text[:20]))
	}
	if got, want := ring.String(), `KeyRing[Key{HS256, id "s", can sign} from 2030-01-01T01:00:00Z until 2030-01-01T02:00:00Z]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkKeyRingFind(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(sprintf("%d", n), func(b *testing.B) {
			var keys []core.RingKey
			for i := range n {
				keys = append(keys, core.RingKey{Key: edKey(b, sprintf("key-%d", i))})
			}
			ring := newRing(b, core.KeyRingConfig{}, keys...)
			hint := core.KeyHint{KeyID: sprintf("key-%d", n/2), Algorithm: "EdDSA"}
			b.ReportAllocs()
			for b.Loop() {
				if found, _ := ring.Find(context.Background(), hint); len(found) != 1 {
					b.Fatal(found)
				}
			}
		})
	}
}
