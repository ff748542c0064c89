package keys_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestKeys(t *testing.T) {
	rsa := coretest.PemKey(t, "rsa-spki.pem", keys.WithID("rsa"), keys.WithAlgorithm("RS256", "PS256"))
	other := coretest.PemKey(t, "rsa-other-spki.pem", keys.WithID("other"))
	ec := coretest.PemKey(t, "ec-p256-spki.pem", keys.WithID("ec"))
	ed := coretest.PemKey(t, "ed25519-spki.pem", keys.WithID("ed"))
	hmac := coretest.SecretKey(t) // without an id
	set, err := keys.NewSet(rsa, other, ec, ed, hmac)
	if err != nil {
		t.Fatal(err)
	}
	type found = []*keys.Key
	for _, tt := range []struct {
		name string
		hint keys.Hint
		want found
	}{
		{"by id", keys.Hint{KeyID: "other", Algorithm: "RS256"}, found{other}},
		{"by id, its second algorithm", keys.Hint{KeyID: "rsa", Algorithm: "PS256"}, found{rsa}},
		{"by id, wrong algorithm", keys.Hint{KeyID: "other", Algorithm: "PS256"}, nil},
		{"by id of a public key, HS256", keys.Hint{KeyID: "rsa", Algorithm: "HS256"}, nil},
		{"unknown id", keys.Hint{KeyID: "x", Algorithm: "RS256"}, nil},
		{"unknown id, a key without one", keys.Hint{KeyID: "x", Algorithm: "HS256"}, found{hmac}},
		{"no id, two fit", keys.Hint{Algorithm: "RS256"}, found{rsa, other}},
		{"no id, one fits", keys.Hint{Algorithm: "ES256"}, found{ec}},
		{"no id, EdDSA", keys.Hint{Algorithm: "EdDSA"}, found{ed}},
		{"no id, Ed25519", keys.Hint{Algorithm: "Ed25519"}, found{ed}},
		{"no id, none fits", keys.Hint{Algorithm: "ES512"}, nil},
		{"none", keys.Hint{Algorithm: "none"}, nil},
		{"nothing", keys.Hint{}, nil},
	} {
		got, err := set.Find(t.Context(), tt.hint)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
	if _, ok := any(set).(keys.Signer); ok {
		t.Error("a set is a Signer; which of its keys signs is for the user to say")
	}
	want := `Keys[Key{RS256 PS256, id "rsa", verifies only}, Key{RS256, id "other", verifies only}, Key{ES256, id "ec", verifies only}, Key{EdDSA, id "ed", verifies only}, Key{HS256, can sign}]`
	if got := fmt.Sprint(set); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestKeysWithoutIDAreFew bounds what a token without a kid can cost.
func TestKeysWithoutIDAreFew(t *testing.T) {
	var with, without []*keys.Key
	for i := range 9 {
		with = append(with, coretest.SecretKey(t, keys.WithID(fmt.Sprint(i))))
		without = append(without, coretest.SecretKey(t))
	}
	set, err := keys.NewSet(with...)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := set.Find(t.Context(), keys.Hint{Algorithm: "HS256"}); !slices.Equal(got, with[:8]) {
		t.Errorf("no id: got %d candidates, want the first 8", len(got))
	}
	if got, _ := set.Find(t.Context(), keys.Hint{KeyID: "8", Algorithm: "HS256"}); !slices.Equal(got, with[8:]) {
		t.Errorf("the ninth by its id: got %v", got)
	}
	if _, err := keys.NewSet(without[:8]...); err != nil {
		t.Errorf("eight without id: %v", err)
	}
	_, err = keys.NewSet(without...)
	wantKeyError(t, "nine without id", err, "9 keys that were given no id allow HS256, and a token is tried with 8 of them")
}

func TestKeysMistakes(t *testing.T) {
	key := coretest.SecretKey(t, keys.WithID("a"))
	dup := *key
	for _, tt := range []struct {
		name string
		keys []*keys.Key
		want []string
	}{
		{"none", nil, []string{"no keys"}},
		{"nil", []*keys.Key{nil}, []string{"key 1 is nil or zero"}},
		{"zero", []*keys.Key{key, {}}, []string{"key 2 is nil or zero"}},
		{"twice", []*keys.Key{key, key}, []string{"key 2 is given twice"}},
		{"a copy", []*keys.Key{key, &dup}, []string{"key 2 is given twice"}},
		{"one id", []*keys.Key{key, coretest.PemKey(t, "rsa-spki.pem", keys.WithID("a"))}, []string{`two keys have the id "a"`}},
		{"all at once", []*keys.Key{nil, key, key}, []string{"key 1 is nil", "key 3 is given twice"}},
	} {
		set, err := keys.NewSet(tt.keys...)
		wantKeyError(t, tt.name, err, tt.want...)
		if set != nil {
			t.Errorf("%s: a source beside the error", tt.name)
		}
	}
}
