package keys

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jwtgate/jwtgate/core/internal/deadline"
)

// albKeys are the keys of a region's load balancers, each a document of its own,
// and so a Remote of its own. Ids come from strangers: only what can be one is made
// a part of a URL, and strangeKeys bounds how many are asked for that nobody knows.
type albKeys struct {
	base  *url.URL
	cfg   RemoteConfig
	facts Facts

	mu   sync.RWMutex
	byID map[string]*Remote
}

// strangeKeys is how many ids may be asked for, in a cool-down, that have no key.
const strangeKeys = 8

var (
	awsRegion = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$`)
	uuid      = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// NewALB returns a source of the keys with which the Application Load Balancers of
// an AWS region sign what they say of a user, in the field X-Amzn-Oidc-Data: ES256,
// in base64url with padding. Each key is a PEM text of its own, at
// https://public-keys.auth.elb.REGION.amazonaws.com/ and its id; in a partition that
// has its keys elsewhere, as GovCloud, RemoteConfig.BaseURL is the URL that the id
// stands behind.
//
// All load balancers of all customers in the region sign with these keys. So compare
// the header's signer, which is the load balancer's ARN, and take such tokens from
// that field alone, on a port that only the load balancer reaches. Set
// RemoteConfig.Issuer: the iss that the load balancer's own provider has.
//
// A key is fetched when a token names it, and kept and renewed as those of a
// [Remote] are. An id is one of a key only if it is a UUID. Eight ids that have no
// key are asked for in a cool-down, each once, whoever makes them up; for the rest
// of it tokens with others of them are refused with 401. Beside those at most one key
// more than RemoteConfig.MaxKeys is kept.
//
// NewALB returns an error, naming all mistakes, for an impossible region or config;
// it does not fetch.
func NewALB(region string, cfg RemoteConfig) (Source, error) {
	cfg = cfg.withDefaults()
	bad := cfg.check()
	if !awsRegion.MatchString(region) {
		bad.Add("region", "as eu-west-1", "%.32q is none", region)
	}
	field, text := "BaseURL", cfg.BaseURL
	if text == "" {
		field, text = "region", "https://public-keys.auth.elb."+region+".amazonaws.com"
	}
	base, err := cfg.readURL(strings.TrimSuffix(text, "/"))
	if err != nil && (field != "region" || len(bad) == 0) {
		bad.Add(field, "", "%w", err)
	}
	if cfg.Format != JWKSet || len(cfg.Tenants) > 0 || len(cfg.Algorithms) > 0 {
		bad.Add("Format, Tenants, Algorithms", "leave them out", "each key is a public key in PEM, for ES256")
	}
	if len(bad) > 0 {
		return nil, wrapEach("jwtgate: keys.NewALB: %w", bad)
	}
	cfg.Algorithms = []string{"ES256"}
	return &albKeys{
		base: base, cfg: cfg, byID: make(map[string]*Remote),
		facts: Facts{Shared: true, Padded: true, Algorithms: cfg.Algorithms, Issuers: cfg.issuers(), Insecure: cfg.insecure()},
	}, nil
}

// Find implements [Source].
func (a *albKeys) Find(ctx context.Context, hint Hint) ([]*Key, error) {
	if hint.Algorithm != "ES256" || !uuid.MatchString(hint.KeyID) {
		return nil, nil
	}
	a.mu.RLock()
	r := a.byID[hint.KeyID]
	a.mu.RUnlock()
	if r == nil {
		if r = a.open(strings.Clone(hint.KeyID)); r == nil {
			return nil, nil
		}
	}
	return r.Find(ctx, hint)
}

// open makes room for a key that is not known, if there may be one more.
func (a *albKeys) open(id string) *Remote {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.byID[id]; r != nil {
		return r
	}
	now := a.cfg.Now()
	strange, good, oldest := 0, 0, ""
	for known, r := range a.byID {
		s := r.state.Load()
		switch {
		case len(s.find(Hint{Algorithm: "ES256"})) > 0:
			good++
			if oldest == "" || s.tried.Before(a.byID[oldest].state.Load().tried) {
				oldest = known
			}
		case s.running == nil && deadline.Lasted(now, s.tried, a.cfg.Cooldown):
			delete(a.byID, known)
		default:
			strange++
		}
	}
	if strange >= strangeKeys {
		return nil
	}
	if good > a.cfg.MaxKeys { // an id that only may have a key takes no key's place
		delete(a.byID, oldest)
	}
	u := a.base.JoinPath(id)
	r := newRemote("key "+shownURL(u), u, a.cfg)
	r.request = func(ctx context.Context) (*fetched, error) { return r.onePEM(ctx, u, id) }
	a.byID[id] = r
	r.startFetch(now, false) // at once, so that nobody takes it for one that was asked for long ago
	return r
}

// onePEM fetches the one key at u. That there is none is an answer: S3, which has
// them, calls what is not there forbidden.
func (r *Remote) onePEM(ctx context.Context, u *url.URL, id string) (*fetched, error) {
	body, header, err := r.get(ctx, u, "application/x-pem-file, text/plain, */*")
	if e := (*statusError)(nil); errors.As(err, &e) && slices.Contains([]int{http.StatusForbidden, http.StatusNotFound, http.StatusGone}, e.code) {
		return &fetched{}, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := setRules{algorithms: r.cfg.Algorithms, issuer: r.cfg.Issuer}.pemKey(id, string(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownURL(u), err)
	}
	return &fetched{keys: []*Key{key}, fresh: freshness(header)}, nil
}

// String names the source.
func (a *albKeys) String() string { return "ALB[" + shownURL(a.base) + "]" }

// Facts implements [Describer].
func (a *albKeys) Facts() Facts { return a.facts }
