package keys_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestTwoKeysOfOneID: both are tried, whichever came first, and a third one's
// signature is no better for it.
func TestTwoKeysOfOneID(t *testing.T) {
	first, second, stranger := jwttest.NewIssuer(t), jwttest.NewIssuer(t), jwttest.NewIssuer(t)
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	for _, issuer := range []*jwttest.Issuer{first, second} {
		text, err := issuer.Key().JWK()
		if err != nil {
			t.Fatal(err)
		}
		set.Keys = append(set.Keys, text)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	if first.Key().ID() != second.Key().ID() || first.Key().ID() != stranger.Key().ID() {
		t.Fatal("the ids differ")
	}
	provider := jwttest.NewIssuer(t)
	provider.Break(body(string(text)))
	inFile, err := keys.ParseSet(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]keys.Source{"remote": remoteKeys(t, provider, keys.RemoteConfig{}), "file": inFile} {
		decode := core.Decoder(source, core.ClaimRules{Audience: []string{"api"}, InsecureAnyIssuer: true})
		for who, sent := range map[string]struct {
			issuer *jwttest.Issuer
			want   error
		}{"first": {first, nil}, "second": {second, nil}, "stranger": {stranger, core.BadSignature}} {
			if _, err := decode(t.Context(), mint(t, sent.issuer)); !errors.Is(err, sent.want) {
				t.Errorf("%s, %s: got %v, want %v", name, who, err, sent.want)
			}
		}
	}
}

// TestKeyOfAnotherAlgorithm: a token that names a key which is not used for its
// algorithm is refused for that, whatever source has the key, and the cause says it.
func TestKeyOfAnotherAlgorithm(t *testing.T) {
	signer, err := keys.Load("../testdata/keys/rsa-pkcs8.pem", keys.WithID("k"), keys.WithAlgorithm("PS256"))
	if err != nil {
		t.Fatal(err)
	}
	ec, err := keys.Load("../testdata/keys/ec-p256-pkcs8.pem", keys.WithID("ec"))
	if err != nil {
		t.Fatal(err)
	}
	const iss = "https://issuer.test"
	jwk, err := signer.JWK()
	if err != nil {
		t.Fatal(err)
	}
	ecJWK, err := ec.JWK()
	if err != nil {
		t.Fatal(err)
	}
	text := `{"keys":[` + strings.Replace(string(jwk), `"alg":"PS256",`, "", 1) + "," + string(ecJWK) + `]}`
	set, err := keys.ParseSet([]byte(text), keys.WithIssuer(iss))
	if err != nil {
		t.Fatal(err)
	}
	provider := jwttest.NewIssuer(t)
	provider.Break(body(text))
	remote := remoteKeys(t, provider, keys.RemoteConfig{Issuer: iss})
	byIssuer, err := keys.ByIssuer(map[string]keys.Source{iss: remote})
	if err != nil {
		t.Fatal(err)
	}
	joined, err := keys.Join(set, remote)
	if err != nil {
		t.Fatal(err)
	}
	token := jwttest.Mint(t, signer, core.Payload{"iss": iss, "aud": "api"})
	for name, source := range map[string]keys.Source{"set": set, "remote": remote, "by issuer": byIssuer, "joined": joined} {
		_, err := core.Decoder(source, core.ClaimRules{Audience: []string{"api"}})(t.Context(), token)
		if !errors.Is(err, core.WrongAlgorithm) || !strings.Contains(err.Error(), `RS256`) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// Another id is another matter.
	signer, err = keys.Load("../testdata/keys/rsa-pkcs8.pem", keys.WithID("other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := core.Decoder(set, core.ClaimRules{Audience: []string{"api"}})(t.Context(),
		jwttest.Mint(t, signer, core.Payload{"iss": iss, "aud": "api"})); !errors.Is(err, core.UnknownKey) {
		t.Errorf("an unknown id: got %v", err)
	}
}

// TestSkippedKeysAreTold: New tells its Observer which keys of a set are not used,
// also of a set that nobody fetches.
func TestSkippedKeysAreTold(t *testing.T) {
	text := strings.Replace(oneKeySet, "[", `[{"kty":"RSA","kid":"weak","n":"`+strings.Repeat("A", 3)+`","e":"AQAB"},`, 1)
	set, err := keys.ParseSet([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var recorder jwttest.Recorder
	if _, err = core.New(core.Config[*core.Claims]{Keys: set, Observer: &recorder}); err != nil {
		t.Fatal(err)
	}
	told := recorder.Events()
	if len(told) != 1 || told[0].Cause == nil || !strings.Contains(told[0].Cause.Error(), `key 1 (kid "weak"): the RSA key has `) {
		t.Errorf("the Observer heard %+v", told)
	}
}
