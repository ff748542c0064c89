package core_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestKeySetRoundTrip: what is published is what another jwtgate reads.
func TestKeySetRoundTrip(t *testing.T) {
	clock := jwttest.NewClock(now)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now},
		core.RingKey{Key: pemKeyFile(t, "rsa-pkcs8.pem")},
		core.RingKey{Key: pemKeyFile(t, "rsa-other-pkcs8.pem", core.WithAlgorithm("PS384"), core.WithKeyID("pss"))},
		core.RingKey{Key: pemKeyFile(t, "ec-p256-pkcs8.pem")}, core.RingKey{Key: pemKeyFile(t, "ec-p384-sec1.pem")},
		core.RingKey{Key: pemKeyFile(t, "ec-p521-sec1.pem", core.WithKeyID(`"odd" \ id ü`))},
		core.RingKey{Key: pemKeyFile(t, "ed25519-pkcs8.pem")})
	issuer := mustNew(t, core.Config[string]{Keys: ring, Now: clock.Now, Rules: core.ClaimRules{Audience: []string{"orders"}, InsecureAnyIssuer: true}})
	serve := keySetOf(t, issuer)
	set, err := core.ParseKeySet(serve(get()).Body)
	if err != nil || len(set.Skipped()) > 0 || len(set.Keys()) != 6 {
		t.Fatalf("got %v, %v, skipped %v", set, err, set.Skipped())
	}
	fetches := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetches++
		res := serve(core.FromHTTP(r))
		res.SetHeaders(w.Header())
		w.WriteHeader(res.Status)
		_, _ = w.Write(res.Body)
	}))
	defer server.Close()
	remote, err := core.NewKeySetURL(server.URL+"/.well-known/jwks.json", core.RemoteConfig{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	for name, keys := range map[string]core.KeySource{"ParseKeySet": set, "NewKeySetURL": remote} {
		verifier := mustNew(t, core.Config[string]{Keys: keys, Now: clock.Now, Rules: core.ClaimRules{Audience: []string{"orders"}, InsecureAnyIssuer: true}})
		for _, k := range ring.Keys() {
			token := jwttest.Mint(t, k.Key, core.Payload{"sub": "joe", "aud": "orders"}, jwttest.At(clock.Now()))
			if _, err := verifier.Verify(bearer(token)); err != nil {
				t.Errorf("%s: %v: %v", name, k.Key, err)
			}
		}
		if len(verifier.KeyRoutes()) > 0 && keys == core.KeySource(remote) {
			t.Error("a provider's keys are published as ours")
		}
	}
	// A verifier that has fetched just before a rotation, and whose cool-down an
	// attacker starts again and again, refuses no token of the new key.
	verifier := mustNew(t, core.Config[string]{Keys: remote, Now: clock.Now, Rules: core.ClaimRules{Audience: []string{"orders"}, InsecureAnyIssuer: true}})
	stranger := edKey(t, "stranger")
	forge := func() {
		token := jwttest.Mint(t, stranger, core.Payload{"sub": "joe", "aud": "orders"}, jwttest.At(clock.Now()))
		if _, err := verifier.Verify(bearer(token)); kindOf(t, err) != core.UnknownKey {
			t.Errorf("forged: got %v, want UnknownKey", err)
		}
	}
	for i := range 3 {
		forge()
		if err := ring.Rotate(edKey(t, sprintf("new-%d", i))); err != nil {
			t.Fatal(err)
		}
		for range 12 {
			clock.Advance(10 * time.Second)
			forge()
			issued, err := issuer.Issue(context.Background(), core.Moment{}, "joe")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verifier.Verify(bearer(issued.Token)); err != nil {
				t.Errorf("rotation %d: %v", i+1, err)
			}
		}
	}
	if fetches < 4 || fetches > 20 {
		t.Errorf("%d fetches in 6 minutes with a cool-down of 30 s", fetches)
	}
}
