package keys

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// NewOIDC returns a source of the keys of an OpenID provider, found by its
// issuer: the metadata are at the issuer's URL with
// /.well-known/openid-configuration behind it (OpenID Connect Discovery 1.0
// section 4). The issuer they name must be this one to the byte, and the keys
// verify only tokens with this iss. Where the provider is reached at another URL
// than its issuer, RemoteConfig.BaseURL says so.
//
// The metadata are read again at every fetch, so a provider may move its key
// set. The key set may be on another host, by https; by http only if the metadata
// come from this machine, or with RemoteConfig.InsecureHTTP.
//
// An issuer with {tenantid} in it is that of Entra ID for several tenants; see
// RemoteConfig.Tenants.
//
// NewOIDC returns an error, naming all mistakes, for an impossible issuer or
// config; it does not fetch. Set Config.Rules.Audience beside it: the provider
// signs tokens for others with the same keys. If others than you choose the
// issuer, as tenants do, set RemoteConfig.PublicOnly.
func NewOIDC(issuer string, cfg RemoteConfig) (*Remote, error) {
	return newProvider("NewOIDC", issuer, cfg, "/.well-known/openid-configuration", func(origin, path, suffix string) string {
		return origin + path + suffix
	})
}

// NewOAuth is [NewOIDC] for an authorization server by RFC 8414, which puts
// /.well-known/oauth-authorization-server between the host and the path of the
// issuer's URL (section 3.1).
func NewOAuth(issuer string, cfg RemoteConfig) (*Remote, error) {
	return newProvider("NewOAuth", issuer, cfg, "/.well-known/oauth-authorization-server", func(origin, path, suffix string) string {
		return origin + suffix + path
	})
}

func newProvider(name, issuer string, cfg RemoteConfig, wellKnown string, locate func(origin, path, suffix string) string) (*Remote, error) {
	cfg = cfg.withDefaults()
	bad := cfg.check()
	if cfg.Issuer != "" && cfg.Issuer != issuer {
		bad.Add("Issuer", "leave it empty", "%q, and the keys are of %q", cfg.Issuer, issuer)
	}
	cfg.Issuer = issuer
	bad = append(bad, cfg.checkTenants(issuer)...)
	if cfg.Format != JWKSet {
		bad.Add("Format", "leave it out, or give NewRemote the URL of the keys", "metadata name a JWK Set")
	}
	if strings.Contains(issuer, tenantID) && cfg.BaseURL == "" {
		bad.Add("BaseURL", "as https://login.microsoftonline.com/organizations/v2.0", "empty, and the metadata are at no tenant's issuer")
	}
	base := baseURL(&bad, issuer, cfg, wellKnown)
	if len(bad) > 0 {
		return nil, wrapEach("jwtgate: keys."+name+": %w", bad)
	}
	// Both standards want a slash at the end removed.
	origin := (&url.URL{Scheme: base.Scheme, Host: base.Host}).String()
	home, err := url.Parse(locate(origin, strings.TrimSuffix(base.EscapedPath(), "/"), wellKnown))
	if err != nil {
		return nil, fmt.Errorf("jwtgate: %s: issuer: %w", name, err)
	}
	r := newRemote("issuer "+issuer, home, cfg)
	r.request = func(ctx context.Context) (*fetched, error) {
		body, _, err := r.get(ctx, home, "application/json")
		if err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
		keys, err := cfg.keySetOf(string(body), home)
		if err != nil {
			return nil, fmt.Errorf("metadata: %s: %w", shownURL(home), err)
		}
		return r.keySet(ctx, keys)
	}
	return r, nil
}

// baseURL is the URL below which the provider is found, unless something is bad.
func baseURL(bad *setup.Mistakes, issuer string, cfg RemoteConfig, wellKnown string) *url.URL {
	read := cfg.readURL
	if cfg.BaseURL != "" {
		read = readAnyURL // nothing is fetched from it
	}
	base := withoutQuery(bad, "issuer", issuer, read)
	if cfg.BaseURL != "" {
		base = withoutQuery(bad, "BaseURL", cfg.BaseURL, cfg.readURL)
		if strings.Contains(cfg.BaseURL, wellKnown) {
			bad.Add("BaseURL", "leave out "+wellKnown, "it is the URL of the metadata themselves")
		}
	}
	return base
}

func withoutQuery(bad *setup.Mistakes, field, text string, read func(string) (*url.URL, error)) *url.URL {
	u, err := read(text)
	if err == nil && (u.RawQuery != "" || u.ForceQuery) {
		err = errors.New("it has a query, which an issuer never has (RFC 8414 section 2)")
	}
	if err != nil {
		bad.Add(field, "", "%w", err)
	}
	return u
}

// keySetOf reads from metadata where the keys are. It believes them only if they
// are the issuer's own: "The issuer value returned MUST be identical" (RFC 8414
// section 3.3, OpenID Connect Discovery 1.0 section 4.3).
func (c RemoteConfig) keySetOf(metadata string, home *url.URL) (*url.URL, error) {
	members, err := strictjson.Object(metadata, nil)
	if err != nil {
		return nil, fmt.Errorf("it is not a JSON object, as an issuer's metadata are: %s", strings.TrimPrefix(err.Error(), "strictjson: "))
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
	if named == "" || named != c.Issuer && named != c.BaseURL {
		return nil, c.otherIssuer(named)
	}
	if keys == "" {
		return nil, errors.New("it has no jwks_uri")
	}
	if path, below := strings.CutPrefix(keys, strings.TrimSuffix(c.Issuer, "/")+"/"); below && c.BaseURL != "" {
		keys = strings.TrimSuffix(c.BaseURL, "/") + "/" + path
	}
	u, err := c.readURL(keys)
	if err != nil {
		return nil, fmt.Errorf("its jwks_uri: %w", err)
	}
	if u.Scheme == "http" && home.Scheme != "http" && !c.InsecureHTTP {
		return nil, errors.New("its jwks_uri is plain http, and the issuer is not on this machine")
	}
	return u, nil
}

// otherIssuer says that metadata name another issuer, and what to do if they are
// right all the same.
func (c RemoteConfig) otherIssuer(named string) error {
	fix := "if that is the iss of its tokens, give NewOIDC this issuer, and the URL where it is reached as RemoteConfig.BaseURL"
	switch {
	case named == "":
		return fmt.Errorf("it names no issuer, and it must be %q", c.Issuer)
	case strings.TrimSuffix(named, "/") == strings.TrimSuffix(c.Issuer, "/"):
		fix = "they differ by the slash at the end; give NewOIDC the one that is the iss of its tokens"
	case strings.Contains(named, tenantID):
		fix = "it is that of many tenants; give NewOIDC this issuer, with RemoteConfig.Tenants and BaseURL"
	}
	return fmt.Errorf("its issuer is %.200q, and it must be %q; %s", named, c.Issuer, fix)
}
