package core_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

func TestKeys(t *testing.T) {
	rsa := pemKey(t, "rsa-spki.pem", core.WithKeyID("rsa"), core.WithAlgorithm("RS256", "PS256"))
	other := pemKey(t, "rsa-other-spki.pem", core.WithKeyID("other"))
	ec := pemKey(t, "ec-p256-spki.pem", core.WithKeyID("ec"))
	ed := pemKey(t, "ed25519-spki.pem", core.WithKeyID("ed"))
	hmac := secretKey(t) // without an id
	set, err := core.Keys(rsa, other, ec, ed, hmac)
	if err != nil {
		t.Fatal(err)
	}
	type found = []*core.Key
	for _, tt := range []struct {
		name string
		hint core.KeyHint
		want found
	}{
		{"by id", core.KeyHint{KeyID: "other", Algorithm: "RS256"}, found{other}},
		{"by id, its second algorithm", core.KeyHint{KeyID: "rsa", Algorithm: "PS256"}, found{rsa}},
		{"by id, wrong algorithm", core.KeyHint{KeyID: "other", Algorithm: "PS256"}, nil},
		{"by id of a public key, HS256", core.KeyHint{KeyID: "rsa", Algorithm: "HS256"}, nil},
		{"unknown id", core.KeyHint{KeyID: "x", Algorithm: "RS256"}, nil},
		{"unknown id, a key without one", core.KeyHint{KeyID: "x", Algorithm: "HS256"}, found{hmac}},
		{"no id, two fit", core.KeyHint{Algorithm: "RS256"}, found{rsa, other}},
		{"no id, one fits", core.KeyHint{Algorithm: "ES256"}, found{ec}},
		{"no id, EdDSA", core.KeyHint{Algorithm: "EdDSA"}, found{ed}},
		{"no id, Ed25519", core.KeyHint{Algorithm: "Ed25519"}, found{ed}},
		{"no id, none fits", core.KeyHint{Algorithm: "ES512"}, nil},
		{"none", core.KeyHint{Algorithm: "none"}, nil},
		{"nothing", core.KeyHint{}, nil},
	} {
		got, err := set.Find(t.Context(), tt.hint)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
	if _, ok := any(set).(core.Signer); ok {
		t.Error("a set is a Signer; which of its keys signs is for the user to say")
	}
	want := `Keys[Key{RS256 PS256, id "rsa", verifies only}, Key{RS256, id "other", verifies only}, Key{ES256, id "ec", verifies only}, Key{EdDSA, id "ed", verifies only}, Key{HS256, can sign}]`
	if got := fmt.Sprint(set); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestKeysWithoutIDAreFew bounds what a token without a kid can cost.
func TestKeysWithoutIDAreFew(t *testing.T) {
	var with, without []*core.Key
	for i := range 9 {
		with = append(with, secretKey(t, core.WithKeyID(fmt.Sprint(i))))
		without = append(without, secretKey(t))
	}
	set, err := core.Keys(with...)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := set.Find(t.Context(), core.KeyHint{Algorithm: "HS256"}); !slices.Equal(got, with[:8]) {
		t.Errorf("no id: got %d candidates, want the first 8", len(got))
	}
	if got, _ := set.Find(t.Context(), core.KeyHint{KeyID: "8", Algorithm: "HS256"}); !slices.Equal(got, with[8:]) {
		t.Errorf("the ninth by its id: got %v", got)
	}
	if _, err := core.Keys(without[:8]...); err != nil {
		t.Errorf("eight without id: %v", err)
	}
	_, err = core.Keys(without...)
	wantKeyError(t, "nine without id", err, "9 keys without an id allow HS256, and a token is tried with 8 of them")
}

func TestKeysMistakes(t *testing.T) {
	key := secretKey(t, core.WithKeyID("a"))
	dup := *key
	for _, tt := range []struct {
		name string
		keys []*core.Key
		want []string
	}{
		{"none", nil, []string{"no keys"}},
		{"nil", []*core.Key{nil}, []string{"key 1 is nil or zero"}},
		{"zero", []*core.Key{key, {}}, []string{"key 2 is nil or zero"}},
		{"twice", []*core.Key{key, key}, []string{"key 2 is given twice"}},
		{"a copy", []*core.Key{key, &dup}, []string{"key 2 is given twice"}},
		{"one id", []*core.Key{key, pemKey(t, "rsa-spki.pem", core.WithKeyID("a"))}, []string{`two keys have the id "a"`}},
		{"all at once", []*core.Key{nil, key, key}, []string{"key 1 is nil", "key 3 is given twice"}},
	} {
		set, err := core.Keys(tt.keys...)
		wantKeyError(t, tt.name, err, tt.want...)
		if set != nil {
			t.Errorf("%s: a source beside the error", tt.name)
		}
	}
}
