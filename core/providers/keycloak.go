package providers

import (
	"net/url"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Keycloak takes the access tokens of a realm that are for this audience. The URL is
// that of the server as users reach it, with "/auth" where an old one has that; see
// RemoteConfig.BaseURL and InsecureHTTP for a server that this program reaches
// elsewhere.
//
// The audience is the client id of this API, which an "Audience" mapper puts into its
// clients' tokens. account, which every token has for the account console, is refused,
// and so are Keycloak's other clients. azp says who asked for the token, not for whom
// it is. An ID token (typ "ID" in its claims) is refused, and so is a refresh token or
// a logout token.
//
// Roles are in [core.Path]("realm_access", "roles") and, of a client, in
// core.Path("resource_access", "orders-api", "roles"). A token may have no sub since
// version 25, unless the client scope basic is there.
func Keycloak(server, realm, audience string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("Keycloak", remote)
	r.text("server", server, "its URL, as https://sso.example.com", nil)
	r.text("realm", realm, "its name, as the URL of its login page has it", oneSegment)
	r.text("audience", audience, "the client id of this API", nil)
	r.refuse("audience", audience, `make a client for this API, and add a mapper "Audience" to its callers`,
		"is one of Keycloak's own clients, and a token for it was not made for this API", keycloaksOwn...)
	return r.provider(r.oidc(strings.TrimSuffix(server, "/")+"/realms/"+url.PathEscape(realm)), core.ClaimRules{
		Audience: []string{audience},
		Check:    checks(is("typ", "Bearer")),
	})
}

// keycloaksOwn are the clients that every realm has.
var keycloaksOwn = []string{"account", "account-console", "admin-cli", "broker", "master-realm", "realm-management", "security-admin-console"}

// oneSegment reports whether a text is one segment of a path.
func oneSegment(s string) bool { return !strings.ContainsAny(s, "/?#") }
