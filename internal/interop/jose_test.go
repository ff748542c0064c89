package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	jwxjwk "github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

const issuer = "https://id.example.com"

// signers are our keys, one for each algorithm, with the algorithm as the id.
func signers(t *testing.T) (list []*keys.Key, all *keys.Set) {
	t.Helper()
	for _, alg := range algorithms {
		key, err := keys.New(privateKey(alg), keys.WithAlgorithm(alg), keys.WithID(alg))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key)
	}
	all, err := keys.NewSet(list...)
	if err != nil {
		t.Fatal(err)
	}
	return list, all
}

// issuing is an Auth that signs with one key and verifies with all.
func issuing(t *testing.T, keys keys.Source, signer keys.Signer) *auth {
	t.Helper()
	a, err := core.New(core.Config[*core.Claims]{
		Keys:   keys,
		Signer: signer,
		Rules:  core.ClaimRules{Issuer: issuer, Audience: []string{api}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// joe is who the tokens are for.
func joe(t *testing.T) *core.Claims {
	t.Helper()
	claims, err := core.NewClaims(map[string]any{"sub": "joe"})
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// privateJWK is privateKey(alg) as a JSON Web Key, written by jwx.
func privateJWK(t *testing.T, alg string) map[string]any {
	t.Helper()
	key, err := jwxjwk.Import(privateKey(alg))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	var k map[string]any
	if err := json.Unmarshal(text, &k); err != nil {
		t.Fatal(err)
	}
	k["alg"], k["kid"] = alg, alg
	return k
}

func headerOf(t *testing.T, token string) (header map[string]any) {
	t.Helper()
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatal(err)
	}
	return header
}

func payload(more map[string]any) map[string]any {
	now := time.Now().Unix()
	p := map[string]any{"iss": issuer, "aud": api, "sub": "joe", "iat": now, "exp": now + 300}
	for name, value := range more {
		p[name] = value
	}
	return p
}

// TestJoseReadsOurKeySet: jose, which knows nothing but the URL of the key set
// that a framework publishes, verifies what we sign, and signs what we verify.
func TestJoseReadsOurKeySet(t *testing.T) {
	needPeers(t)
	keys, all := signers(t)
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			base := f.serve(t, issuing(t, all, keys[0]))
			url := base + "/.well-known/jwks.json"
			var tasks []task
			for _, key := range keys {
				issued, err := issuing(t, all, key).Issue(t.Context(), core.Moment{}, joe(t))
				if err != nil {
					t.Fatal(err)
				}
				tasks = append(tasks,
					task{"do": "verify", "url": url, "token": issued.Token, "issuer": issuer, "audience": api},
					task{"do": "mint", "url": url, "jwk": privateJWK(t, key.ID()), "payload": payload(nil)})
			}
			var results []result
			askJose(t, tasks, &results)
			for i, alg := range algorithms {
				verified, minted := results[2*i], results[2*i+1]
				if verified.Error != "" || verified.Payload["sub"] != "joe" || verified.Header["alg"] != alg {
					t.Errorf("%s: jose verified our token as %+v", alg, verified)
				}
				if minted.Error != "" {
					t.Errorf("%s: jose signs nothing: %s", alg, minted.Error)
					continue
				}
				status, _, claims := get(t, base+"/me", minted.Token)
				if status != http.StatusOK || claims["sub"] != "joe" {
					t.Errorf("%s: we answered %d with %v to jose's token", alg, status, claims)
				}
			}
		})
	}
}

// TestJoseRefusesWhatWeWithdrew: a key that has left our ring is gone for jose too.
func TestJoseRefusesWhatWeWithdrew(t *testing.T) {
	needPeers(t)
	list, _ := signers(t)
	old, young := list[0], list[len(list)-1]
	ring, err := keys.NewRing(keys.RingConfig{}, keys.RingKey{Key: old})
	if err != nil {
		t.Fatal(err)
	}
	a := issuing(t, ring, ring)
	url := serveHTTP(t, a) + "/.well-known/jwks.json"
	before, err := a.Issue(t.Context(), core.Moment{}, joe(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Add(keys.RingKey{Key: young, NotBefore: time.Now().Add(-time.Second)}); err != nil {
		t.Fatal(err)
	}
	after, err := a.Issue(t.Context(), core.Moment{}, joe(t))
	if err != nil {
		t.Fatal(err)
	}
	verify := func() []result {
		var results []result
		askJose(t, []task{
			{"do": "verify", "url": url, "token": before.Token, "issuer": issuer, "audience": api},
			{"do": "verify", "url": url, "token": after.Token, "issuer": issuer, "audience": api},
			{"do": "verify", "url": url, "token": after.Token, "issuer": issuer, "audience": "other"},
		}, &results)
		return results
	}
	got := verify()
	if got[0].Error != "" || got[1].Error != "" || !strings.HasPrefix(got[2].Error, "ERR_JWT_CLAIM") {
		t.Errorf("with both keys: got %+v", got)
	}
	if err := ring.Retire(old.ID(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	got = verify()
	if !strings.HasPrefix(got[0].Error, "ERR_JWKS_NO_MATCHING_KEY") || got[1].Error != "" {
		t.Errorf("with the young key alone: got %+v", got)
	}
}

// TestJoseGenerates: keys that jose makes, in a set that it writes, verify the
// tokens that it signs, and not one another's.
func TestJoseGenerates(t *testing.T) {
	needPeers(t)
	var tasks []task
	for _, alg := range algorithms {
		tasks = append(tasks, task{"do": "generate", "alg": alg, "kid": alg, "payload": payload(nil)})
	}
	var results []result
	askJose(t, tasks, &results)
	var texts []string
	for i, r := range results {
		if r.Error != "" {
			t.Fatalf("%s: %s", algorithms[i], r.Error)
		}
		texts = append(texts, string(r.JWK))
	}
	keys, err := keys.ParseSet([]byte(set(texts...)))
	if err != nil || len(keys.Skipped()) > 0 {
		t.Fatal(err, keys.Skipped())
	}
	decode := core.Decoder(keys, core.ClaimRules{Issuer: issuer, Audience: []string{api}})
	for i, r := range results {
		if _, err := decode(t.Context(), r.Token); err != nil {
			t.Errorf("%s: %v", algorithms[i], err)
		}
		other := results[(i+1)%len(results)].Token
		if err := coreToken(set(texts[i]), other); err == nil {
			t.Errorf("the key for %s verified another key's token", algorithms[i])
		}
	}
}

// TestJoseForges: what jose can make that must not pass is answered with 401 on
// every framework.
func TestJoseForges(t *testing.T) {
	needPeers(t)
	forgeable := []string{"RS256", "ES256", "EdDSA"}
	var tasks []task
	for _, alg := range forgeable {
		tasks = append(tasks, task{"do": "forge", "jwk": privateJWK(t, alg), "payload": payload(nil)})
	}
	var results []map[string]string
	askJose(t, tasks, &results)
	keys, all := signers(t)
	for _, f := range frameworks {
		url := f.serve(t, issuing(t, all, keys[0])) + "/me"
		for i, forged := range results {
			if len(forged) < 5 {
				t.Fatalf("%s: jose forged %v", forgeable[i], forged)
			}
			for name, token := range forged {
				t.Run(f.name+" "+forgeable[i]+" "+name, func(t *testing.T) {
					if status, _, _ := get(t, url, token); status != http.StatusUnauthorized {
						t.Errorf("got %d, want 401", status)
					}
				})
			}
		}
	}
}
