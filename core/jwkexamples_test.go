package core

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// readExamples reads a file of testdata/rfc.
func readExamples[T any](t *testing.T, name string) (examples []T) {
	t.Helper()
	data, err := os.ReadFile("testdata/rfc/" + name)
	if err == nil {
		err = json.Unmarshal(data, &examples)
	}
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

// TestExampleTokens: the tokens of RFC 7515, 7520, 7797 and 8037.
func TestExampleTokens(t *testing.T) {
	type example struct {
		Name, Alg, Token string
		JWK              json.RawMessage
		Verifies, Resign bool
		Decode           string
	}
	at := func() time.Time { return time.Unix(1300819379, 0) }
	for _, tt := range readExamples[example](t, "tokens.json") {
		key, err := ParseKey(tt.JWK, WithAlgorithm(tt.Alg))
		if err != nil {
			t.Errorf("%s: %v", tt.Name, err)
			continue
		}
		i := strings.LastIndexByte(tt.Token, '.')
		input := tt.Token[:max(i, 0)]
		signature, err := jws.AppendSegment(nil, tt.Token[i+1:], errors.New("no signature"))
		if got := err == nil && key.Raw(inside.Pass{}).Verify(tt.Alg, input, signature); got != tt.Verifies {
			t.Errorf("%s: verifies: %v, want %v", tt.Name, got, tt.Verifies)
		}
		if again, err := key.Raw(inside.Pass{}).Sign(t.Context(), tt.Alg, input); tt.Resign && (err != nil || !slices.Equal(again, signature)) {
			t.Errorf("%s: signed anew it is %s, %v", tt.Name, jws.Encode(again), err)
		}
		_, err = Decoder(key, ClaimRules{Now: at})(t.Context(), tt.Token)
		got := ""
		if err != nil {
			got = classify(err).Kind.String()
		}
		if got != tt.Decode {
			t.Errorf("%s: decoded with %q, want %q", tt.Name, got, tt.Decode)
		}
	}
}

// TestExampleKeySets: the keys of RFC 7517, 7520, 7638 and 8037.
func TestExampleKeySets(t *testing.T) {
	type example struct {
		Name          string
		Set           json.RawMessage
		Keys, Skipped []string
		Thumbprint    string
	}
	for _, tt := range readExamples[example](t, "keysets.json") {
		keys, skipped, err := parseKeySet(tt.Set, jwkRules{})
		if err != nil {
			t.Errorf("%s: %v", tt.Name, err)
			continue
		}
		var texts []string
		for _, k := range keys {
			texts = append(texts, k.String())
			if got, err := k.Thumbprint(); tt.Thumbprint != "" && (err != nil || got != tt.Thumbprint) {
				t.Errorf("%s: thumbprint %s, %v, want %s", tt.Name, got, err, tt.Thumbprint)
			}
		}
		if !slices.Equal(texts, tt.Keys) {
			t.Errorf("%s: got %q, want %q", tt.Name, texts, tt.Keys)
		}
		wantSkipped(t, tt.Name, skipped, tt.Skipped)
		if strings.Contains(tt.Name, "private") || strings.Contains(tt.Name, "symmetric") {
			if keys, _, err := parseKeySet(tt.Set, jwkRules{publicOnly: true}); len(keys) > 0 || err != nil {
				t.Errorf("%s: from a URL: got %v, %v, want no keys", tt.Name, keys, err)
			}
		}
	}
}

// wantSkipped checks that the errors begin with the texts.
func wantSkipped(t *testing.T, name string, skipped []error, texts []string) {
	t.Helper()
	if len(skipped) != len(texts) {
		t.Errorf("%s: skipped %q, want %q", name, skipped, texts)
		return
	}
	for i, err := range skipped {
		if !strings.HasPrefix(err.Error(), "jwtgate: key set: "+texts[i]) {
			t.Errorf("%s: skipped with %q, want %q", name, err, texts[i])
		}
	}
}
