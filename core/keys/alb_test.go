package keys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// balancer is a load balancer of AWS and the host with its keys.
type balancer struct {
	mu    sync.Mutex
	keys  map[string]*ecdsa.PrivateKey // by kid
	down  bool
	asked []string
}

func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, r.URL.String())
	key := b.keys[strings.TrimPrefix(r.URL.Path, "/")]
	switch {
	case b.down:
		return nil, errors.New("down")
	case key == nil:
		return response(http.StatusForbidden, "<Error><Code>AccessDenied</Code></Error>"), nil
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	return response(http.StatusOK, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))), nil
}

func response(code int, text string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
}

// token signs as a load balancer does: each segment with its padding.
func (b *balancer) token(t *testing.T, kid string, encoding *base64.Encoding) string {
	t.Helper()
	segment := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return encoding.EncodeToString(text)
	}
	input := segment(map[string]any{"typ": "JWT", "kid": kid, "alg": "ES256", "iss": "https://idp.test", "client": "c",
		"signer": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/x/1", "exp": int64(9999999999)}) +
		"." + segment(map[string]any{"sub": "joe", "iss": "https://idp.test", "exp": int64(9999999999), "x": "1"})
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, b.keys[kid], digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + encoding.EncodeToString(signature)
}

func newBalancer(t *testing.T, kids ...string) *balancer {
	t.Helper()
	b := &balancer{keys: map[string]*ecdsa.PrivateKey{}}
	for _, kid := range kids {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		b.keys[kid] = key
	}
	return b
}

func kidOf(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", n) }

// TestALB has the tokens of a load balancer, and those that only look like one.
func TestALB(t *testing.T) {
	b := newBalancer(t, kidOf(1), kidOf(2))
	source, err := keys.NewALB("eu-west-1", keys.RemoteConfig{Client: &http.Client{Transport: b}, Issuer: "https://idp.test"})
	if err != nil {
		t.Fatal(err)
	}
	decode := core.Decoder(source, core.ClaimRules{InsecureAnyAudience: true})
	good := b.token(t, kidOf(1), base64.URLEncoding)
	if !strings.Contains(good, "=.") || !strings.HasSuffix(good, "==") {
		t.Fatalf("%s has no padding", good)
	}
	parts := strings.Split(good, ".")
	for _, tt := range []struct {
		name, token string
		want        error
	}{
		{"good", good, nil},
		{"the other key", b.token(t, kidOf(2), base64.URLEncoding), nil},
		{"without padding", b.token(t, kidOf(1), base64.RawURLEncoding), core.Malformed},
		{"the padding of the signature missing", strings.TrimRight(good, "="), core.Malformed},
		{"one padding too many", good + "=", core.Malformed},
		{"four paddings too many", good + "====", core.Malformed},
		{"the padding inside missing", strings.Replace(good, "=.", ".", 1), core.Malformed},
		{"another signature", parts[0] + "." + parts[1] + "." + strings.Split(b.token(t, kidOf(2), base64.URLEncoding), ".")[2], core.BadSignature},
	} {
		if _, err := decode(t.Context(), tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if want := []string{"https://public-keys.auth.elb.eu-west-1.amazonaws.com/" + kidOf(1), "https://public-keys.auth.elb.eu-west-1.amazonaws.com/" + kidOf(2)}; fmt.Sprint(b.asked) != fmt.Sprint(want) {
		t.Errorf("asked for %q, want %q", b.asked, want)
	}
	// What pads is one source's way, and no other's.
	set, err := keys.NewSet(mustFind(t, source, kidOf(1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := core.Decoder(set, core.ClaimRules{})(t.Context(), good); !errors.Is(err, core.Malformed) {
		t.Errorf("another source: got %v, want %v", err, core.Malformed)
	}
}

func mustFind(t *testing.T, source keys.Source, kid string) *keys.Key {
	t.Helper()
	found, err := source.Find(t.Context(), keys.Hint{KeyID: kid, Algorithm: "ES256"})
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: got %v, %v", kid, found, err)
	}
	return found[0]
}

// TestALBKeyIDs: no id leads anywhere else, and made-up ones cost little.
func TestALBKeyIDs(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	b := newBalancer(t, kidOf(1), kidOf(2), kidOf(3))
	source, err := keys.NewALB("us-gov-west-1", keys.RemoteConfig{
		Client: &http.Client{Transport: b}, Issuer: "https://idp.test", Now: clock.Now, MaxKeys: 2, BaseURL: "https://s3.test/keys/",
	})
	if err != nil {
		t.Fatal(err)
	}
	b.keys["keys/"+kidOf(1)], b.keys["keys/"+kidOf(2)], b.keys["keys/"+kidOf(3)] = b.keys[kidOf(1)], b.keys[kidOf(2)], b.keys[kidOf(3)]
	find := func(kid string) int {
		t.Helper()
		found, err := source.Find(t.Context(), keys.Hint{KeyID: kid, Algorithm: "ES256"})
		if err != nil {
			t.Fatalf("%q: %v", kid, err)
		}
		return len(found)
	}
	for _, kid := range []string{"", "1", "..", "../" + kidOf(1), kidOf(1) + "/", kidOf(1) + "?x", strings.ToUpper("abcdef00-0000-4000-8000-000000000000"), kidOf(1) + "\n", "%2e%2e", kidOf(1)[1:]} {
		if find(kid) != 0 {
			t.Errorf("%q: found", kid)
		}
	}
	if len(b.asked) != 0 {
		t.Fatalf("asked for %q", b.asked)
	}
	first := mustFind(t, source, kidOf(1))
	for i := range 1000 {
		find(kidOf(100 + i))
	}
	if got := len(b.asked); got != 9 {
		t.Errorf("%d fetches for one key and a thousand made-up ids, want 9", got)
	}
	if find(kidOf(100)) != 0 || len(b.asked) != 9 {
		t.Error("an id without a key was asked for again in its cool-down")
	}
	if mustFind(t, source, kidOf(1)) != first {
		t.Error("the key is another one")
	}
	clock.Advance(30 * time.Second)
	mustFind(t, source, kidOf(2))
	mustFind(t, source, kidOf(3))
	find(kidOf(50)) // before it, the oldest of three makes room
	b.mu.Lock()
	b.asked = nil
	b.mu.Unlock()
	mustFind(t, source, kidOf(3))
	if len(b.asked) != 0 {
		t.Error("a known key was asked for")
	}
	clock.Advance(time.Second)
	mustFind(t, source, kidOf(1))
	if len(b.asked) != 1 {
		t.Errorf("asked for %q, want the key that made room", b.asked)
	}

	b.down = true
	clock.Advance(time.Minute)
	if _, err := source.Find(t.Context(), keys.Hint{KeyID: kidOf(77), Algorithm: "ES256"}); err == nil {
		t.Error("down: an id that nobody could ask for is no unknown key")
	}
	mustFind(t, source, kidOf(1)) // the newest of those that are known
}

func TestALBMistakes(t *testing.T) {
	for _, tt := range []struct {
		region string
		cfg    keys.RemoteConfig
		want   string
	}{
		{"eu-west-1", keys.RemoteConfig{}, ""},
		{"us-gov-west-1", keys.RemoteConfig{BaseURL: "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1"}, ""},
		{"", keys.RemoteConfig{}, `region: "" is none; as eu-west-1`},
		{"evil.test/", keys.RemoteConfig{}, "region: "},
		{"eu-west-1", keys.RemoteConfig{BaseURL: "http://s3.test"}, "BaseURL: it is plain http"},
		{"eu-west-1", keys.RemoteConfig{Timeout: -1}, "Timeout: negative"},
		{"eu-west-1", keys.RemoteConfig{Format: keys.PEMMap}, "leave them out"},
	} {
		_, err := keys.NewALB(tt.region, tt.cfg)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %q", tt.region, err, tt.want)
		}
	}
}
