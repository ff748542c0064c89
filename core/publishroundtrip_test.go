package core_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestKeySetRoundTrip: what is published is what another jwtgate reads.
func TestKeySetRoundTrip(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now},
		keys.RingKey{Key: pemKeyFile(t, "rsa-pkcs8.pem")},
		keys.RingKey{Key: pemKeyFile(t, "rsa-other-pkcs8.pem", keys.WithAlgorithm("PS384"), keys.WithID("pss"))},
		keys.RingKey{Key: pemKeyFile(t, "ec-p256-pkcs8.pem")}, keys.RingKey{Key: pemKeyFile(t, "ec-p384-sec1.pem")},
		keys.RingKey{Key: pemKeyFile(t, "ec-p521-sec1.pem", keys.WithID(`"odd" \ id ü`))},
		keys.RingKey{Key: pemKeyFile(t, "ed25519-pkcs8.pem")})
	issuer := coretest.MustNew(t, core.Config[string]{Keys: ring, Now: clock.Now, Rules: core.ClaimRules{Audience: []string{"orders"}, InsecureAnyIssuer: true}})
	serve := keySetOf(t, issuer)
	set, err := keys.ParseSet(serve(coretest.Get()).Body)
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
	remote, err := keys.NewRemote(server.URL+"/.well-known/jwks.json", keys.RemoteConfig{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	for name, source := range map[string]keys.Source{"keys.ParseSet": set, "keys.NewRemote": remote} {
		verifier := coretest.MustNew(t, core.Config[string]{Keys: source, Now: clock.Now, Rules: core.ClaimRules{Audience: []string{"orders"}, InsecureAnyIssuer: true}})
		for _, k := range ring.Keys() {
			token := jwttest.Mint(t, k.Key, core.Payload{"sub": "joe", "aud": "orders"}, jwttest.At(clock.Now()))
			if _, err := verifier.Verify(coretest.Bearer(token)); err != nil {
				t.Errorf("%s: %v: %v", name, k.Key, err)
			}
		}
		if len(verifier.KeyRoutes()) > 0 && source == keys.Source(remote) {
			t.Error("a provider's keys are published as ours")
		}
	}
	// A verifier that has fetched just before a rotation, and whose cool-down an
	// attacker starts again and again, refuses no token of the new key.
	verifier := coretest.MustNew(t, core.Config[string]{Keys: remote, Now: clock.Now, Rules: core.ClaimRules{Audience: []string{"orders"}, InsecureAnyIssuer: true}})
	stranger := coretest.EdKey(t, "stranger")
	forge := func() {
		token := jwttest.Mint(t, stranger, core.Payload{"sub": "joe", "aud": "orders"}, jwttest.At(clock.Now()))
		if _, err := verifier.Verify(coretest.Bearer(token)); coretest.KindOf(t, err) != core.UnknownKey {
			t.Errorf("forged: got %v, want UnknownKey", err)
		}
	}
	for i := range 3 {
		forge()
		if err := ring.Rotate(coretest.EdKey(t, coretest.Sprintf("new-%d", i))); err != nil {
			t.Fatal(err)
		}
		for range 12 {
			clock.Advance(10 * time.Second)
			forge()
			issued, err := issuer.Issue(context.Background(), core.Moment{}, "joe")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verifier.Verify(coretest.Bearer(issued.Token)); err != nil {
				t.Errorf("rotation %d: %v", i+1, err)
			}
		}
	}
	if fetches < 4 || fetches > 20 {
		t.Errorf("%d fetches in 6 minutes with a cool-down of 30 s", fetches)
	}
}
