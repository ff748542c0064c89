package core_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now, Observer: recorder}, core.RingKey{Key: edKey(t, "a")})
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
		if e.Action != core.ActionKeys || e.Kind != 0 || e.Cause != nil || e.Source != "key ring" || e.Algorithm != "EdDSA" {
			t.Errorf("event %+v", e)
		}
		seen = append(seen, e.KeyID)
	}
	if got := strings.Join(seen, " "); got != "public b c a b b c b" {
		t.Errorf("events of the keys %q", got)
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

// TestKeyRingEndsTokens: a key that retires ends its tokens with the next
// request, those that the cache knows too.
func TestKeyRingEndsTokens(t *testing.T) {
	for _, cached := range []int{0, 100} {
		clock := jwttest.NewClock(now)
		ring := newRing(t, core.KeyRingConfig{Now: clock.Now}, core.RingKey{Key: edKey(t, "a")})
		auth := mustNew(t, core.Config[string]{Keys: ring, Now: clock.Now, Rules: core.ClaimRules{CacheTokens: cached}})
		token := func() string {
			issued, err := auth.Issue(context.Background(), "joe")
			if err != nil {
				t.Fatal(err)
			}
			return issued.Token
		}
		verify := func(token string) core.Kind {
			_, err := auth.Verify(bearer(token))
			return kindOf(t, err)
		}
		old := token()
		for range 3 {
			if kind := verify(old); kind != 0 {
				t.Fatalf("cache of %d: refused with %v", cached, kind)
			}
		}
		if err := ring.Add(core.RingKey{Key: edKey(t, "b"), NotBefore: clock.Now()}); err != nil {
			t.Fatal(err)
		}
		if kind := verify(old); kind != 0 {
			t.Errorf("cache of %d: refused with %v beside a new key", cached, kind)
		}
		if err := ring.Retire("a", clock.Now()); err != nil {
			t.Fatal(err)
		}
		if kind := verify(old); kind != core.UnknownKey {
			t.Errorf("cache of %d: got %v after its key retired, want UnknownKey", cached, kind)
		}
		fresh := token()
		verify(fresh)
		if err := ring.Retire("b", clock.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if kind := verify(fresh); kind != 0 {
			t.Errorf("cache of %d: refused with %v a second before its key retires", cached, kind)
		}
		clock.Advance(time.Second)
		if kind := verify(fresh); kind != core.UnknownKey && kind != core.WrongAlgorithm {
			t.Errorf("cache of %d: got %v at the second its key retired", cached, kind)
		}
		if _, err := auth.Issue(context.Background(), "joe"); kindOf(t, err) != core.Unavailable {
			t.Errorf("issue with no key: got %v, want Unavailable", err)
		}
	}
}

// TestKeyRingTakesTokensWithoutKid: those of a key before it was in a ring.
func TestKeyRingTakesTokensWithoutKid(t *testing.T) {
	private, _ := edPEM(t)
	key := parsedKey(t, private)
	before := mustNew(t, core.Config[string]{Keys: key})
	issued, err := before.Issue(context.Background(), "joe")
	if err != nil {
		t.Fatal(err)
	}
	ring := newRing(t, core.KeyRingConfig{}, core.RingKey{Key: key})
	for range 3 {
		if err := ring.Rotate(edKey(t, rand.Text())); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := mustNew(t, core.Config[string]{Keys: ring}).Verify(bearer(issued.Token)); err != nil {
		t.Error(err)
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

// TestKeyRingUnderLoad rotates while tokens are issued and verified. No valid
// one is refused, here or where the keys were fetched a Lead ago.
func TestKeyRingUnderLoad(t *testing.T) {
	const rotations = 20
	clock := jwttest.NewClock(now)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now}, core.RingKey{Key: edKey(t, "first")})
	auth := mustNew(t, core.Config[string]{Keys: ring, Now: clock.Now, Rules: core.ClaimRules{CacheTokens: 64}})
	var (
		tick   sync.RWMutex // time stands still for whoever holds it
		done   atomic.Bool
		judged atomic.Int64
		wg     sync.WaitGroup
	)
	for range 4 {
		wg.Go(func() {
			type held struct {
				token string
				ends  time.Time
			}
			var tokens []held
			for !done.Load() {
				tick.RLock()
				issued, err := auth.Issue(context.Background(), "joe")
				if err != nil {
					t.Error(err)
					done.Store(true)
				}
				tokens = append(tokens, held{issued.Token, issued.Expires})
				tokens = slices.DeleteFunc(tokens, func(h held) bool { return !clock.Now().Before(h.ends) })
				for _, h := range []held{tokens[0], tokens[len(tokens)-1]} {
					if _, err := auth.Verify(bearer(h.token)); err != nil {
						t.Errorf("%v before it expires: %v", h.ends.Sub(clock.Now()), err)
						done.Store(true)
					}
					judged.Add(1)
				}
				tick.RUnlock()
			}
		})
	}
	for range rotations {
		if err := ring.Rotate(edKey(t, rand.Text())); err != nil {
			t.Error(err)
		}
		for range 3 { // 90 s: more than a Lead, so that old keys also retire
			tick.Lock()
			clock.Advance(30 * time.Second)
			tick.Unlock()
			for seen := judged.Load(); judged.Load() < seen+8 && !done.Load(); {
				runtime.Gosched() // work goes on between two ticks
			}
		}
	}
	done.Store(true)
	wg.Wait()
	// 11 minutes after the one that came next begins: 8 to 9 rotations.
	if n := len(ring.Keys()); n > 10 {
		t.Errorf("%d keys are left in the ring", n)
	}
}

func TestNewOfRing(t *testing.T) {
	config := func(ring *core.KeyRing) core.Config[*user] {
		c := accepting()
		c.Keys, c.Decode, c.Lookup = ring, nil, nil
		return c
	}
	ring := newRing(t, core.KeyRingConfig{Lifetime: time.Hour}, core.RingKey{Key: edKey(t, "a")})
	cfg := config(ring)
	cfg.Lifetime = time.Hour
	mustNew(t, cfg)
	cfg.Lifetime += time.Second
	_, err := core.New(cfg)
	if err == nil {
		t.Fatal("tokens that outlive their keys: no error")
	}
	contains(t, "tokens that outlive their keys", err.Error(), "Lifetime: 1h0m1s", "KeyRingConfig.Lifetime")

	private, _ := edPEM(t)
	ring = newRing(t, core.KeyRingConfig{}, core.RingKey{Key: parsedKey(t, private, core.WithIssuer("https://a.example.com"))})
	cfg = config(ring)
	cfg.Rules.Issuer = "https://a.example.com"
	mustNew(t, cfg)
	cfg.Rules.Issuer = "https://b.example.com"
	if _, err := core.New(cfg); err == nil {
		t.Error("keys of another issuer: no error")
	}

	_, publicPEM := edPEM(t)
	ring = newRing(t, core.KeyRingConfig{}, core.RingKey{Key: parsedKey(t, publicPEM)})
	if _, err := core.New(config(ring)); err == nil {
		t.Error("a login with public keys alone: no error")
	} else {
		contains(t, "a login with public keys alone", err.Error(), "Signer: nil, and Keys cannot sign")
	}
	if _, err := core.New(config(nil)); err == nil {
		t.Error("a nil *KeyRing: no error")
	}
	if _, err := new(core.KeyRing).Find(context.Background(), core.KeyHint{}); err == nil {
		t.Error("a zero KeyRing: no error")
	}
	if err := new(core.KeyRing).Rotate(edKey(t, "a")); err == nil {
		t.Error("a zero KeyRing rotates")
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
