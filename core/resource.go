package core

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// resourcePath is where clients look for the metadata of a resource (RFC 9728
// section 3).
const resourcePath = "/.well-known/oauth-protected-resource"

// ResourceConfig describes this API as a protected resource (RFC 9728), for clients
// that are told nothing but its address: from a refusal they learn where its metadata
// are, from these which authorization server to ask for a token, and for which scopes.
// The Model Context Protocol demands it of its servers.
//
// With it all challenges have resource_metadata, and those of Require the scope that
// its guards want. A client that names the resource at the authorization server (RFC
// 8707) gets a token whose aud is Identifier, so that belongs into Rules.Audience.
type ResourceConfig struct {
	// Identifier is the API's address: an https URL without a query or a fragment
	// (RFC 9728 section 1.2), as "https://api.example.com/mcp"; http on loopback.
	// The metadata of this one are at /.well-known/oauth-protected-resource/mcp.
	Identifier string
	// AuthorizationServers are the issuers of those that give tokens for it, in the
	// order in which clients should try them. Nil: the issuers whose tokens are taken.
	AuthorizationServers []string
	// Scopes are those that clients may want to ask for (scopes_supported). What a
	// route needs, its challenge says.
	Scopes []string
	// Name is for people.
	Name string
	// Documentation is the URL of a page for developers.
	Documentation string
	// More are further members of the metadata, as "resource_policy_uri" or
	// "resource_name#de". What the fields above make cannot be among them.
	More map[string]any
}

// ResourceRoutes are the endpoint with the metadata of Config.Resource, to be mounted
// on the root of the host that Identifier names; none without one. It answers GET and
// HEAD, needs no token, and may be read by every web page. Caches may keep it for a
// minute.
func (a *Auth[T]) ResourceRoutes() []Route {
	a.ready("ResourceRoutes")
	if a.resource == nil {
		return nil
	}
	u, err := url.Parse(a.prepared.by.metadata)
	if err != nil { // it was checked
		panic("jwtgate: " + err.Error())
	}
	return []Route{{Path: u.Path, Serve: publisher{a.engine, func() *document { return a.resource }}.serve}}
}

// isZero reports whether nothing is set.
func (c ResourceConfig) isZero() bool {
	return c.Identifier == "" && c.AuthorizationServers == nil && c.Scopes == nil && c.Name == "" && c.Documentation == "" && c.More == nil
}

// metadataURL is where the metadata are: between the host and the path of the
// identifier (RFC 9728 section 3.1). "" without one.
func (c ResourceConfig) metadataURL() string {
	u, err := url.Parse(c.Identifier)
	if err != nil || c.Identifier == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + resourcePath + strings.TrimSuffix(u.Path, "/")
}

// resourceMembers are the members of the metadata that the fields make.
var resourceMembers = []string{
	"resource", "authorization_servers", "scopes_supported", "bearer_methods_supported", "resource_name", "resource_documentation",
}

func (c ResourceConfig) check() (bad setup.Mistakes) {
	if c.isZero() {
		return nil
	}
	const address = `set the API's address, as "https://api.example.com/mcp"`
	u, err := url.Parse(c.Identifier)
	switch {
	case c.Identifier == "":
		bad.Add("Identifier", address, "empty, but other fields are set")
	case err == nil && u.User != nil:
		bad.Add("Identifier", "leave that out", "a URL with a user's name")
	case err != nil || u.Host == "":
		bad.Add("Identifier", address, "%q is no URL of a resource", c.Identifier)
	case u.Scheme != "https" && !(u.Scheme == "http" && field.IsLoopback(u.Hostname())):
		bad.Add("Identifier", address, "%q is not https (RFC 9728 section 1.2)", c.Identifier)
	case strings.ContainsAny(c.Identifier, "?#"):
		bad.Add("Identifier", "leave that out", "%q has a query or a fragment", c.Identifier)
	case !isPlainPath(u):
		bad.Add("Identifier", "use another path for the API, of letters, digits and -._~ between slashes, without one at its end", "%q has a path that routers read differently", c.Identifier)
	}
	for _, s := range c.AuthorizationServers {
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(s, "?#") {
			bad.Add("AuthorizationServers", "use the issuer, as its metadata spell it", "%q is no issuer's URL (RFC 8414 section 2)", s)
		}
	}
	for _, s := range c.Scopes {
		if !isScope(s) {
			bad.Add("Scopes", "", "%q is no scope-token of RFC 6749 section 3.3", s)
		}
	}
	if u, err := url.Parse(c.Documentation); c.Documentation != "" && (err != nil || u.Host == "") {
		bad.Add("Documentation", "", "%q is no URL", c.Documentation)
	}
	for _, name := range slices.Sorted(maps.Keys(c.More)) {
		if name == "" || slices.Contains(resourceMembers, name) {
			bad.Add("More", "set the field for it", "%q is a member that core makes", name)
		}
	}
	if _, err := json.Marshal(c.More); err != nil {
		bad.Add("More", "use what encoding/json can write", "%w", err)
	}
	return bad
}

// isPlainPath reports whether every router takes the URL's path for just that path.
func isPlainPath(u *url.URL) bool {
	p := u.EscapedPath()
	if p == "" || p == "/" {
		return true
	}
	if u.Path != p || strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/") != "" {
		return false
	}
	for segment := range strings.SplitSeq(p[1:], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// resourceDocument makes the metadata (RFC 9728 section 2); nil: there are none.
func (c Config[T]) resourceDocument(issuers []string) *document {
	r := c.Resource
	if r.isZero() {
		return nil
	}
	members := map[string]any{"resource": r.Identifier}
	maps.Copy(members, r.More)
	put := func(name string, value any, is bool) {
		if is {
			members[name] = value
		}
	}
	servers := r.AuthorizationServers
	if servers == nil {
		servers = slices.DeleteFunc(slices.Clone(issuers), func(iss string) bool { return !strings.Contains(iss, "://") })
	}
	put("authorization_servers", servers, len(servers) > 0)
	put("scopes_supported", r.Scopes, len(r.Scopes) > 0)
	if methods := bearerMethods(c.Sources); c.Lookup == nil {
		put("bearer_methods_supported", methods, len(methods) > 0)
	}
	put("resource_name", r.Name, r.Name != "")
	put("resource_documentation", r.Documentation, r.Documentation != "")
	body, err := json.Marshal(members)
	if err != nil { // it was checked
		panic("jwtgate: " + err.Error())
	}
	doc := newDocument("application/json", append(body, '\n'), publishedMaxAge)
	return &doc
}

// bearerMethods are the ways of RFC 6750 section 2 in which a token may come.
func bearerMethods(sources []Source) (methods []string) {
	if len(sources) == 0 {
		return []string{"header"}
	}
	for _, s := range sources {
		switch s := s.(type) {
		case HeaderSource:
			if s.withDefaults(defaultScheme).Name == "Authorization" {
				methods = union(methods, "header")
			}
		case FormSource:
			methods = union(methods, "body")
		case QuerySource:
			methods = union(methods, "query")
		}
	}
	return methods
}
