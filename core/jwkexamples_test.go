package core

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/vectors"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestExampleTokens: the tokens of RFC 7515, 7520, 7797 and 8037.
func TestExampleTokens(t *testing.T) {
	type example struct {
		Name, Alg, Token string
		JWK              json.RawMessage
		Verifies, Resign bool
		Decode           string
	}
	at := func() time.Time { return time.Unix(1300819379, 0) }
	for _, tt := range vectors.Read[example](t, "tokens.json") {
		key, err := keys.Parse(tt.JWK, keys.WithAlgorithm(tt.Alg))
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
