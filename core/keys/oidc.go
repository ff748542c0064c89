package keys

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// NewOIDC returns a source of the keys of an OpenID provider, found by its
// issuer: the metadata are at the issuer's URL with
// /.well-known/openid-configuration behind it (OpenID Connect Discovery 1.0
// section 4). The issuer they name must be this one to the byte, and the keys
// verify only tokens with this iss.
//
// The metadata are read again at every fetch, so a provider may move its key
// set. The key set may be on another host, by https; by http only if it and the
// issuer are on this machine.
//
// NewOIDC returns an error, naming all mistakes, for an impossible issuer or
// config; it does not fetch. Set Config.Rules.Audience beside it: the provider
// signs tokens for others with the same keys.
func NewOIDC(issuer string, cfg RemoteConfig) (*Remote, error) {
	return newProvider("NewOIDC", issuer, cfg, func(origin, path string) string {
		return origin + path + "/.well-known/openid-configuration"
	})
}

// NewOAuth is [NewOIDC] for an authorization server by RFC 8414, which puts
// /.well-known/oauth-authorization-server between the host and the path of the
// issuer's URL (section 3.1).
func NewOAuth(issuer string, cfg RemoteConfig) (*Remote, error) {
	return newProvider("NewOAuth", issuer, cfg, func(origin, path string) string {
		return origin + "/.well-known/oauth-authorization-server" + path
	})
}

func newProvider(name, issuer string, cfg RemoteConfig, locate func(origin, path string) string) (*Remote, error) {
	cfg = cfg.withDefaults()
	bad := cfg.check()
	if cfg.Issuer != "" && cfg.Issuer != issuer {
		bad.Add("Issuer", "leave it empty", "%q, and the keys are of %q", cfg.Issuer, issuer)
	}
	cfg.Issuer = issuer
	u, err := remoteURL(issuer)
	if err == nil && (u.RawQuery != "" || u.ForceQuery) {
		err = errors.New("it has a query, which an issuer never has (RFC 8414 section 2)")
	}
	if err != nil {
		bad.Add("issuer", "", "%w", err)
	}
	if len(bad) > 0 {
		return nil, wrapEach("jwtgate: keys."+name+": %w", bad)
	}
	// Both standards want a slash at the end removed.
	metadata, err := url.Parse(locate(u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")))
	if err != nil {
		return nil, fmt.Errorf("jwtgate: %s: issuer: %w", name, err)
	}
	r := newRemote("issuer "+shownURL(u), cfg)
	r.request = func(ctx context.Context) (*fetched, error) {
		body, _, err := r.get(ctx, metadata, "application/json")
		if err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
		keys, err := keySetOf(string(body), issuer, u)
		if err != nil {
			return nil, fmt.Errorf("metadata: %s: %w", shownURL(metadata), err)
		}
		return r.keySet(ctx, keys)
	}
	return r, nil
}

// keySetOf reads from metadata where the keys are. It believes them only if they
// are the issuer's own: "The issuer value returned MUST be identical" (RFC 8414
// section 3.3, OpenID Connect Discovery 1.0 section 4.3).
func keySetOf(metadata, issuer string, home *url.URL) (*url.URL, error) {
	members, err := strictjson.Object(metadata, nil)
	if err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	var named, keys string
	for _, m := range members {
		switch m.Name {
		case "issuer":
			named, _ = strictjson.String(m.Value)
		case "jwks_uri":
			keys, _ = strictjson.String(m.Value)
		}
	}
	if named != issuer {
		return nil, fmt.Errorf("its issuer is %.200q, and it must be %q", named, issuer)
	}
	if keys == "" {
		return nil, errors.New("it has no jwks_uri")
	}
	u, err := remoteURL(keys)
	if err != nil {
		return nil, fmt.Errorf("its jwks_uri: %w", err)
	}
	if u.Scheme == "http" && !(home.Scheme == "http" && isLoopback(home.Hostname())) {
		return nil, errors.New("its jwks_uri is plain http, and the issuer is not on this machine")
	}
	return u, nil
}
