package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
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
	keys, skipped, err := parseJWKSet(body, setRules{
		publicOnly: true, algorithms: r.cfg.Algorithms, maxKeys: r.cfg.MaxKeys, issuer: r.cfg.Issuer,
	})
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 && len(skipped) > 0 {
		return nil, fmt.Errorf("none of its keys can be used: %w", errors.Join(skipped...))
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
	res, err := r.client.Do(req)
	if err != nil {
		// The text of a *url.Error is the whole URL, with its query.
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s answered with status %d, want 200", shownURL(u), res.StatusCode)
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

// guardedClient is a copy of the user's Client that follows a redirect only
// within the origin: whoever can redirect elsewhere could else name the keys.
func guardedClient(user *http.Client) *http.Client {
	var c http.Client
	if user != nil {
		c = *user
	}
	own := c.CheckRedirect
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		from, to := via[0].URL, req.URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("redirected more than %d times", maxRedirects)
		case to.Scheme != from.Scheme || !strings.EqualFold(to.Host, from.Host) || to.User != nil:
			return fmt.Errorf("redirected from %s://%s to %s://%s, and only redirects within one origin are followed",
				from.Scheme, from.Host, to.Scheme, to.Host)
		case own != nil:
			return own(req, via)
		}
		return nil
	}
	return &c
}

// remoteURL reads a URL that keys may come from: https, or http to this machine.
func remoteURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL") // the parser's error holds the text
	case u.User != nil:
		return nil, errors.New("it holds a user name or password, which end up in logs; set a header in the Client's Transport")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, errors.New("it is not an absolute https URL")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("it is plain http to %s, and who can change the answer can sign tokens; use https", u.Host)
	case u.Fragment != "":
		return nil, errors.New("it has a fragment, which is never sent")
	}
	return u, nil
}

// isLoopback reports whether host is this machine by its name or its address
// (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

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
