package keys

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/vectors"
)

// TestExampleKeySets: the keys of RFC 7517, 7520, 7638 and 8037.
func TestExampleKeySets(t *testing.T) {
	type example struct {
		Name          string
		Set           json.RawMessage
		Keys, Skipped []string
		Thumbprint    string
	}
	for _, tt := range vectors.Read[example](t, "keysets.json") {
		keys, skipped, err := parseJWKSet(tt.Set, setRules{})
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
			if keys, _, err := parseJWKSet(tt.Set, setRules{publicOnly: true}); len(keys) > 0 || err != nil {
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
