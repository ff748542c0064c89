package core

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/tokencache"
	"github.com/jwtgate/jwtgate/core/keys"
)

// The weight of a cached token is the memory that it holds: else the cache's bound
// would be none for tokens of an odd shape.
func TestWeightIsWhatIsHeld(t *testing.T) {
	secret := []byte("5ec84d8dbc74254770f58904dba41ecc")
	key, err := keys.NewSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.NewSecret([]byte("cc3fc1626e53a13043b026c48bbf33fe"))
	if err != nil {
		t.Fatal(err)
	}
	both, err := keys.ByIssuer(map[string]keys.Source{"us": key, "them": other})
	if err != nil {
		t.Fatal(err)
	}
	members := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%d":1`, i)
		}
		return b.String()
	}
	tests := map[string]struct {
		keys   keys.Source
		header string // %d is the token's number
		more   string
	}{
		"small":               {key, `{"alg":"HS256"}`, ""},
		"large":               {key, `{"alg":"HS256"}`, `,"x":"` + strings.Repeat("x", 5000) + `"`},
		"many claims":         {key, `{"alg":"HS256"}`, members(600)},
		"many members in one": {key, `{"alg":"HS256"}`, `,"x":{` + members(600)[1:] + `}`},
		"long header":         {key, `{"alg":"HS256","x":"%d` + strings.Repeat("x", 4000) + `"}`, ""},
		"long kid":            {key, `{"alg":"HS256","x":"%d","kid":"` + strings.Repeat("k", 256) + `"}`, ""},
		"several issuers":     {both, `{"alg":"HS256","x":"%d` + strings.Repeat("x", 1000) + `"}`, `,"iss":"us"`},
	}
	for name, tt := range tests {
		const n = 300
		tokens := make([]string, n)
		for i := range tokens {
			header := tt.header
			if strings.Contains(header, "%d") {
				header = fmt.Sprintf(header, i)
			}
			input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." +
				base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":"%d","exp":4102444800%s}`, i, tt.more))
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(input))
			tokens[i] = input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		}
		d := newDecoder(tt.keys, ClaimRules{InsecureAnyAudience: true, Now: func() time.Time { return time.Unix(1_800_000_000, 0) }})
		d.cache = tokencache.New[*Claims](100_000) // no set is ever full
		for range 8 {                              // what is kept once
			_, _ = d.decode(t.Context(), tokens[0])
		}
		weights, before := 0, heapInUse()
		for _, token := range tokens {
			claims, err := d.decode(context.Background(), token)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			weights += len(token) + claims.weight()
		}
		held := heapInUse() - before
		if d.cache.Len() < n*9/10 {
			t.Errorf("%s: the cache keeps %d of %d tokens", name, d.cache.Len(), n)
		}
		runtime.KeepAlive(tokens)
		// An allocation is rounded up, by an eighth or less; the test itself allocates a little.
		if most := weights*9/8 + n*100 + 32<<10; held > most || held < weights*3/4 {
			t.Errorf("%s: %d tokens hold %d bytes, and weigh %d", name, n, held, weights)
		}
	}
}

func heapInUse() int {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// A Decoder may be given a piece of anything. What it remembers of the header, and
// the cache of the token, is no piece of that.
func TestDecoderKeepsNoWhole(t *testing.T) {
	secret := []byte("5ec84d8dbc74254770f58904dba41ecc")
	key, err := keys.NewSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, cached := range []int{0, 100} {
		d := newDecoder(key, ClaimRules{CacheTokens: cached})
		before := heapInUse()
		for i := range 8 {
			input := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"HS256","kid":"%d"}`, i)) + "." +
				base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"joe","exp":4102444800}`))
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(input))
			token := input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
			whole := token + strings.Repeat("p", 1<<20)
			if _, err := d.decode(t.Context(), whole[:len(token)]); err != nil {
				t.Fatal(err)
			}
		}
		if grown := heapInUse() - before; grown > 256<<10 {
			t.Errorf("cache of %d: eight tokens out of a megabyte each keep %d bytes", cached, grown)
		}
		runtime.KeepAlive(d)
	}
}
