package core_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

const keySecret = "36b3216fdaeeb975729fae923d5a4fd12aabfe228f219e9cb0eb53f16947ccf2" // 64 bytes

// keyFile reads a file of testdata/keys.
func keyFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func secretKey(t testing.TB, opts ...core.KeyOption) *core.Key {
	t.Helper()
	key, err := core.NewSecret([]byte(keySecret), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pemKey(t testing.TB, name string, opts ...core.KeyOption) *core.Key {
	t.Helper()
	key, err := core.ParseKey(keyFile(t, name), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

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
	with, without := pemKey(t, "rsa-pkcs8.pem", core.WithKeyID("k1")), pemKey(t, "rsa-pkcs8.pem")
	ed := pemKey(t, "ed25519-spki.pem")
	for _, tt := range []struct {
		name string
		key  *core.Key
		hint core.KeyHint
		want bool
	}{
		{"its id", with, core.KeyHint{KeyID: "k1", Algorithm: "RS256"}, true},
		{"no id in the token", with, core.KeyHint{Algorithm: "RS256"}, true},
		{"another id", with, core.KeyHint{KeyID: "k2", Algorithm: "RS256"}, false},
		{"its id in other case", with, core.KeyHint{KeyID: "K1", Algorithm: "RS256"}, false},
		{"a key without id", without, core.KeyHint{KeyID: "k2", Algorithm: "RS256"}, true},
		{"HS256 confusion, CVE-2022-29217", without, core.KeyHint{Algorithm: "HS256"}, false},
		{"another algorithm of its kind", without, core.KeyHint{Algorithm: "RS512"}, false},
		{"none", without, core.KeyHint{Algorithm: "none"}, false},
		{"no algorithm", without, core.KeyHint{}, false},
		{"lower case", without, core.KeyHint{Algorithm: "rs256"}, false},
		{"EdDSA, RFC 8037", ed, core.KeyHint{Algorithm: "EdDSA"}, true},
		{"Ed25519, RFC 9864", ed, core.KeyHint{Algorithm: "Ed25519"}, true},
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
	key := secretKey(t)
	dup := *key
	found, err := dup.Find(t.Context(), core.KeyHint{Algorithm: "HS256"})
	if err != nil || len(found) != 1 || found[0] != key {
		t.Errorf("a copy found %v, %v; want the one pointer of its material", found, err)
	}
}

func TestKeyFindDoesNotAllocate(t *testing.T) {
	set, err := core.Keys(secretKey(t, core.WithKeyID("a")), pemKey(t, "rsa-spki.pem", core.WithKeyID("b")))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		source core.KeySource
		hint   core.KeyHint
	}{
		{"key", secretKey(t), core.KeyHint{Algorithm: "HS256"}},
		{"set by id", set, core.KeyHint{KeyID: "b", Algorithm: "RS256"}},
		{"set without id", set, core.KeyHint{Algorithm: "RS256"}},
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
		key     *core.Key
		canSign bool
		public  bool
	}{
		{"secret", secretKey(t, core.WithKeyID("k")), true, false},
		{"private RSA", pemKey(t, "rsa-pkcs8.pem", core.WithKeyID("k")), true, true},
		{"public RSA", pemKey(t, "rsa-spki.pem", core.WithKeyID("k")), false, true},
		{"private EC", pemKey(t, "ec-p384-sec1.pem", core.WithKeyID("k")), true, true},
		{"private Ed25519", pemKey(t, "ed25519-pkcs8.pem", core.WithKeyID("k")), true, true},
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
	key := secretKey(t)
	key.Algorithms()[0] = "changed"
	if got := key.Algorithms(); !slices.Equal(got, []string{"HS256"}) {
		t.Errorf("got %q, want HS256", got)
	}
}

// TestZeroKey: what nobody made allows nothing, and panics nowhere.
func TestZeroKey(t *testing.T) {
	for _, key := range []*core.Key{nil, {}} {
		if key.ID() != "" || key.Algorithms() != nil || key.CanSign() {
			t.Errorf("got id %q, algorithms %q, can sign %v", key.ID(), key.Algorithms(), key.CanSign())
		}
		_, errFind := key.Find(t.Context(), core.KeyHint{Algorithm: "HS256"})
		_, errSign := key.SigningKey(t.Context())
		_, errPublic := key.Public()
		if err := errors.Join(errFind, errSign, errPublic); err == nil || strings.Count(err.Error(), "zero Key") != 3 {
			t.Errorf("got %v, want three errors", err)
		}
	}
	if got := (core.Key{}).String(); got != "Key{}" {
		t.Errorf("got %s, want Key{}", got)
	}
}
