package keys_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// wantKeyError checks that err has each text, and no PEM or secret of ours.
func wantKeyError(t *testing.T, name string, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want one with %q", name, texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: got error %q, want %q in it", name, err, text)
		}
	}
	for line := range strings.Lines(err.Error()) {
		if !strings.HasPrefix(line, "jwtgate: ") {
			t.Errorf("%s: got line %q, want each to begin with jwtgate:", name, line)
		}
	}
}

func TestKeyFind(t *testing.T) {
	with, without := coretest.PemKey(t, "rsa-pkcs8.pem", keys.WithID("k1")), coretest.PemKey(t, "rsa-pkcs8.pem")
	ed := coretest.PemKey(t, "ed25519-spki.pem")
	for _, tt := range []struct {
		name string
		key  *keys.Key
		hint keys.Hint
		want bool
	}{
		{"its id", with, keys.Hint{KeyID: "k1", Algorithm: "RS256"}, true},
		{"no id in the token", with, keys.Hint{Algorithm: "RS256"}, true},
		{"another id", with, keys.Hint{KeyID: "k2", Algorithm: "RS256"}, false},
		{"its id in other case", with, keys.Hint{KeyID: "K1", Algorithm: "RS256"}, false},
		{"a key without id", without, keys.Hint{KeyID: "k2", Algorithm: "RS256"}, true},
		{"HS256 confusion, CVE-2022-29217", without, keys.Hint{Algorithm: "HS256"}, false},
		{"another algorithm of its kind", without, keys.Hint{Algorithm: "RS512"}, false},
		{"none", without, keys.Hint{Algorithm: "none"}, false},
		{"no algorithm", without, keys.Hint{}, false},
		{"lower case", without, keys.Hint{Algorithm: "rs256"}, false},
		{"EdDSA, RFC 8037", ed, keys.Hint{Algorithm: "EdDSA"}, true},
		{"Ed25519, RFC 9864", ed, keys.Hint{Algorithm: "Ed25519"}, true},
	} {
		found, err := tt.key.Find(t.Context(), tt.hint)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := len(found) == 1 && found[0] == tt.key; got != tt.want {
			t.Errorf("%s: found %v, want found: %v", tt.name, found, tt.want)
		}
	}
}

func TestKeyCopiesShareMaterial(t *testing.T) {
	key := coretest.SecretKey(t)
	dup := *key
	found, err := dup.Find(t.Context(), keys.Hint{Algorithm: "HS256"})
	if err != nil || len(found) != 1 || found[0] != key {
		t.Errorf("a copy found %v, %v; want the one pointer of its material", found, err)
	}
}

func TestKeyFindDoesNotAllocate(t *testing.T) {
	set, err := keys.NewSet(coretest.SecretKey(t, keys.WithID("a")), coretest.PemKey(t, "rsa-spki.pem", keys.WithID("b")))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		source keys.Source
		hint   keys.Hint
	}{
		{"key", coretest.SecretKey(t), keys.Hint{Algorithm: "HS256"}},
		{"set by id", set, keys.Hint{KeyID: "b", Algorithm: "RS256"}},
		{"set without id", set, keys.Hint{Algorithm: "RS256"}},
	} {
		ctx := context.Background()
		allocs := testing.AllocsPerRun(100, func() {
			if found, _ := tt.source.Find(ctx, tt.hint); len(found) != 1 {
				t.Errorf("%s: found %v", tt.name, found)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.name, allocs)
		}
	}
}

func TestKeyHalves(t *testing.T) {
	for _, tt := range []struct {
		name    string
		key     *keys.Key
		canSign bool
		public  bool
	}{
		{"secret", coretest.SecretKey(t, keys.WithID("k")), true, false},
		{"private RSA", coretest.PemKey(t, "rsa-pkcs8.pem", keys.WithID("k")), true, true},
		{"public RSA", coretest.PemKey(t, "rsa-spki.pem", keys.WithID("k")), false, true},
		{"private EC", coretest.PemKey(t, "ec-p384-sec1.pem", keys.WithID("k")), true, true},
		{"private Ed25519", coretest.PemKey(t, "ed25519-pkcs8.pem", keys.WithID("k")), true, true},
	} {
		if got := tt.key.CanSign(); got != tt.canSign {
			t.Errorf("%s: CanSign() = %v, want %v", tt.name, got, tt.canSign)
		}
		signing, err := tt.key.SigningKey(t.Context())
		if got := err == nil && signing == tt.key; got != tt.canSign {
			t.Errorf("%s: SigningKey() = %v, %v", tt.name, signing, err)
		}
		public, err := tt.key.Public()
		if got := err == nil; got != tt.public {
			t.Errorf("%s: Public() = %v, %v", tt.name, public, err)
		}
		if !tt.public {
			continue
		}
		if public.CanSign() || public.ID() != "k" || !slices.Equal(public.Algorithms(), tt.key.Algorithms()) {
			t.Errorf("%s: Public() = %v of %v", tt.name, public, tt.key)
		}
		if again, _ := tt.key.Public(); again != public {
			t.Errorf("%s: Public() is another pointer the second time", tt.name)
		}
		if twice, _ := public.Public(); twice != public {
			t.Errorf("%s: the public half of a public key is %v", tt.name, twice)
		}
	}
}

func TestKeyAlgorithmsIsACopy(t *testing.T) {
	key := coretest.SecretKey(t)
	key.Algorithms()[0] = "changed"
	if got := key.Algorithms(); !slices.Equal(got, []string{"HS256"}) {
		t.Errorf("got %q, want HS256", got)
	}
}

// TestZeroKey: what nobody made allows nothing, and panics nowhere.
func TestZeroKey(t *testing.T) {
	for _, key := range []*keys.Key{nil, {}} {
		if key.ID() != "" || key.Algorithms() != nil || key.CanSign() {
			t.Errorf("got id %q, algorithms %q, can sign %v", key.ID(), key.Algorithms(), key.CanSign())
		}
		_, errFind := key.Find(t.Context(), keys.Hint{Algorithm: "HS256"})
		_, errSign := key.SigningKey(t.Context())
		_, errPublic := key.Public()
		if err := errors.Join(errFind, errSign, errPublic); err == nil || strings.Count(err.Error(), "zero Key") != 3 {
			t.Errorf("got %v, want three errors", err)
		}
	}
	if got := (keys.Key{}).String(); got != "Key{}" {
		t.Errorf("got %s, want Key{}", got)
	}
}
