package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxRedirects is how often one request may be sent on.
const maxRedirects = 3

// fetched is what a fetch brought: keys, those that cannot be used, and for
// how long the provider calls it fresh.
type fetched struct {
	keys    []*Key
	skipped []error
	fresh   time.Duration
}

// keySet fetches and reads the JWK Set at u.
func (r *Remote) keySet(ctx context.Context, u *url.URL) (*fetched, error) {
	body, header, err := r.get(ctx, u, "application/jwk-set+json, application/json")
	if err != nil {
		return nil, err
	}
	rules := setRules{publicOnly: true, algorithms: r.cfg.Algorithms, maxKeys: r.cfg.MaxKeys, issuer: r.cfg.Issuer}
	if len(r.cfg.Tenants) > 0 {
		rules.issuer, rules.tenants = "", true
	}
	parse := parseJWKSet
	if r.cfg.Format == PEMMap {
		parse = parsePEMMap
	}
	keys, skipped, err := parse(body, rules)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, &noKeysError{skipped}
	}
	return &fetched{keys, skipped, freshness(header)}, nil
}

// get reads one document. Its errors name hosts and paths, never a query.
func (r *Remote) get(ctx context.Context, u *url.URL, accept string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, errors.New("the URL makes no request")
	}
	req.Header.Set("Accept", accept)
	if err := r.authorize(req); err != nil {
		return nil, nil, err
	}
	client, done, err := r.connect()
	if err != nil {
		return nil, nil, err
	}
	defer done()
	res, err := client.Do(req)
	if err != nil {
		// The text of a *url.Error is the whole URL, with its query.
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil, &statusError{shownURL(u), res.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(r.cfg.MaxBytes)+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: the body broke off: %w", shownURL(u), err)
	}
	if len(body) > r.cfg.MaxBytes {
		return nil, nil, fmt.Errorf("%s: the body is longer than %d bytes", shownURL(u), r.cfg.MaxBytes)
	}
	return body, res.Header, nil
}

// noKeysError is a key set in which there is no key that can be used. Nobody knows
// whether the provider means it.
type noKeysError struct{ skipped []error }

func (e *noKeysError) Error() string {
	text := "it has no keys"
	if len(e.skipped) > 0 {
		text = "none of its keys can be used: " + errors.Join(e.skipped...).Error()
	}
	return text + "; those that were there before are used for RemoteConfig.MaxRefresh at most, and then every token is answered with 503"
}

// statusError is an answer that is no document.
type statusError struct {
	url  string
	code int
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s answered with status %d, want 200", e.url, e.code)
}

// Temporary reports whether another try may get a document: the server is at fault, or
// asks for patience.
func (e *statusError) Temporary() bool { return e.code >= 500 || e.code == http.StatusTooManyRequests }

// freshness is how long the answer is fresh by its Cache-Control and Age (RFC
// 9111 sections 4.2, 5.2.2), as a private cache reads them. Expires is not
// looked at: it needs a second clock that agrees.
func freshness(h http.Header) time.Duration {
	fresh := time.Duration(-1)
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			// Of two the shorter one; what is no number is 0 (section 4.2.1).
			age := seconds(strings.Trim(value, `"`))
			if fresh < 0 || age < fresh {
				fresh = age
			}
		}
	}
	if fresh < 0 {
		return defaultRefresh
	}
	return max(0, fresh-seconds(h.Get("Age")))
}

// seconds reads a delta-seconds (RFC 9111 section 1.2.2): one that is too large
// is as good as the largest, one that is none is 0.
func seconds(text string) time.Duration {
	const most = math.MaxInt32
	n, err := strconv.ParseUint(text, 10, 64)
	if errors.Is(err, strconv.ErrRange) || n > most {
		n = most
	}
	return time.Duration(n) * time.Second
}
