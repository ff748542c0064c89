package keys_test

import (
	"context"
	"crypto"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestIDOfAKeyWithoutOne: a key that is no secret has the same id, however it is
// loaded, and so has its public half: the thumbprint.
func TestIDOfAKeyWithoutOne(t *testing.T) {
	for _, files := range [][2]string{
		{"rsa-pkcs8.pem", "rsa-spki.pem"}, {"rsa-other-pkcs8.pem", "rsa-other-spki.pem"},
		{"ec-p256-pkcs8.pem", "ec-p256-spki.pem"}, {"ed25519-pkcs8.pem", "ed25519-spki.pem"},
	} {
		private, public := coretest.PemKey(t, files[0]), coretest.PemKey(t, files[1])
		want, err := private.Thumbprint()
		if err != nil {
			t.Fatal(err)
		}
		half, err := private.Public()
		if err != nil {
			t.Fatal(err)
		}
		signer, err := keys.New(struct{ crypto.Signer }{goKey(t, files[0])})
		if err != nil {
			t.Fatal(err)
		}
		for name, key := range map[string]*keys.Key{"private": private, "public": public, "half": half, "signer": signer} {
			if key.ID() != want {
				t.Errorf("%s: the %s key has the id %q, want %q", files[0], name, key.ID(), want)
			}
			if text, err := key.JWK(); err != nil || !strings.Contains(string(text), `"kid":"`+want+`"`) {
				t.Errorf("%s: the %s key is published as %s, %v", files[0], name, text, err)
			}
		}
	}
	secret := coretest.SecretKey(t)
	if secret.ID() != "" {
		t.Errorf("a secret has the id %q, want none (RFC 7638 section 7)", secret.ID())
	}
}

// TestThumbprintIsNoRestriction: the id that a key has for want of one finds it,
// and does not keep it from tokens that call it something else.
func TestThumbprintIsNoRestriction(t *testing.T) {
	a, b := coretest.PemKey(t, "rsa-pkcs8.pem"), coretest.PemKey(t, "rsa-other-pkcs8.pem")
	given := coretest.PemKey(t, "rsa-e3-pkcs8.pem", keys.WithID("given"))
	set, err := keys.NewSet(a, given, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		source keys.Source
		kid    string
		want   []*keys.Key
	}{
		{"one: its thumbprint", a, a.ID(), []*keys.Key{a}},
		{"one: none", a, "", []*keys.Key{a}},
		{"one: somebody's name for it", a, "2026-11", []*keys.Key{a}},
		{"one with an id: another", given, "2026-11", nil},
		{"one with an id: its thumbprint", given, thumbprint(t, given), nil},
		{"set: a thumbprint", set, b.ID(), []*keys.Key{b}},
		{"set: the id that was given", set, "given", []*keys.Key{given}},
		{"set: none", set, "", []*keys.Key{a, given, b}},
		{"set: somebody's name", set, "2026-11", []*keys.Key{a, b}},
	} {
		got, err := tt.source.Find(context.Background(), keys.Hint{KeyID: tt.kid, Algorithm: "RS256"})
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

// TestSameThumbprintInASet: one key for two algorithms, or twice, has one id, and
// is found for each.
func TestSameThumbprintInASet(t *testing.T) {
	private, public := coretest.PemKey(t, "rsa-pkcs8.pem"), coretest.PemKey(t, "rsa-spki.pem")
	pss := coretest.PemKey(t, "rsa-spki.pem", keys.WithAlgorithm("PS256"))
	set, err := keys.NewSet(private, pss, public)
	if err != nil {
		t.Fatal(err)
	}
	for alg, want := range map[string][]*keys.Key{"RS256": {private, public}, "PS256": {pss}, "ES256": nil} {
		if got, err := set.Find(context.Background(), keys.Hint{KeyID: private.ID(), Algorithm: alg}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v, want %v", alg, got, err, want)
		}
	}
}

func thumbprint(t testing.TB, key *keys.Key) string {
	t.Helper()
	id, err := key.Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	return id
}
