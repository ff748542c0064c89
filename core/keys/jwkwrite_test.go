package keys

import (
	"encoding/base64"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// numberOf returns a number of so many bits as base64url.
func numberOf(bits int, odd bool) string {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	if odd {
		n.SetBit(n, 0, 1)
	}
	return jws.Encode(n.Bytes())
}

func encodedFile(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/keys/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// TestPublishedKey: what is published is public, in the order of the names, and
// is read back as the same key.
func TestPublishedKey(t *testing.T) {
	for _, tt := range []struct {
		file  string
		opts  []Option
		names string // of the members, in their order
	}{
		{"rsa-pkcs8.pem", nil, "alg e kid kty n use"},
		{"rsa-e3-pkcs8.pem", []Option{WithAlgorithm("PS384")}, "alg e kid kty n use"},
		{"ec-p256-sec1.pem", []Option{WithID(`a"<b>&`)}, "alg crv kid kty use x y"},
		{"ec-p384-sec1.pem", nil, "alg crv kid kty use x y"},
		{"ec-p521-sec1.pem", nil, "alg crv kid kty use x y"},
		{"ed25519-pkcs8.pem", []Option{WithAlgorithm("Ed25519")}, "alg crv kid kty use x"},
	} {
		key, err := Load("../testdata/keys/"+tt.file, tt.opts...)
		if err != nil {
			t.Fatal(err)
		}
		text, err := key.JWK()
		if err != nil {
			t.Errorf("%s: not published", tt.file)
			continue
		}
		j, err := jwk.Read(string(text))
		var names []string
		for _, m := range j.Members {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != tt.names || j.Use != "sig" || j.Alg != key.raw().Algorithm() {
			t.Errorf("%s: got members %q, %v in %s", tt.file, got, err, text)
		}
		print, _ := key.Thumbprint()
		want := key.ID()
		if want == "" {
			want = print
		}
		for _, rules := range []setRules{{}, {publicOnly: true}} {
			keys, skipped, err := parseJWKSet(setOf(string(text)), rules)
			if err != nil || len(skipped) > 0 || len(keys) != 1 || keys[0].ID() != want || keys[0].CanSign() {
				t.Errorf("%s: read back as %v, %v, %v", tt.file, keys, skipped, err)
				continue
			}
			if again, _ := keys[0].Thumbprint(); again != print {
				t.Errorf("%s: thumbprint %s, want %s", tt.file, again, print)
			}
			sig, err := key.raw().Sign(t.Context(), key.raw().Algorithm(), keyInput)
			if err != nil || !keys[0].raw().Verify(key.raw().Algorithm(), keyInput, sig) {
				t.Errorf("%s: the published key does not verify: %v", tt.file, err)
			}
		}
		public, _ := key.Public()
		if again, _ := public.JWK(); string(again) != string(text) {
			t.Errorf("%s: the public half is published as %s", tt.file, again)
		}
	}
	secret, err := NewSecret([]byte("5ec84d8dbc74254770f58904dba41ecc"), WithID("s"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []*Key{secret, nil, {}} {
		if text, err := key.JWK(); err == nil || text != nil {
			t.Errorf("%v is published as %s", key, text)
		}
		if print, err := key.Thumbprint(); err == nil || print != "" {
			t.Errorf("%v has the thumbprint %s", key, print)
		}
	}
}
