package providers

import (
	"regexp"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Entra takes the access tokens, version 2.0, that Microsoft Entra ID issues for an
// app registration in these tenants. The application is its Application (client) ID,
// a tenant a Directory (tenant) ID: with one the app is single-tenant. organizations,
// common and consumers are no tenants; for customers who come and go use a
// [keys.IssuerCache].
//
// The version is the API's, requestedAccessTokenVersion in its manifest: 2 for this
// one, 1 or null for [EntraV1]. An ID token, which has the same aud where one app is
// both client and API, is refused, since it has no azp; so is a token with neither scp
// nor roles, which any app of the tenant gets for the asking. Ask for them with
// [core.Scopes]("orders.read") and [core.HasAny]("roles", "Orders.Admin"). A user is tid and
// oid; sub is another one for each app.
func Entra(application string, tenants []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("Entra", remote)
	r.text("application", application, "the Application (client) ID; tokens of version 2.0 never have the App ID URI", isGUID)
	return r.entra("https://login.microsoftonline.com/{tenantid}/v2.0", "/v2.0", "2.0", "azp", []string{application}, tenants)
}

// EntraV1 is [Entra] for tokens of version 1.0, whose issuer is https://sts.windows.net.
// Their aud is the App ID URI, as api://orders, or the client ID, as their clients
// wrote it: the application is either.
func EntraV1(application string, tenants []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("EntraV1", remote)
	r.text("application", application, "the App ID URI or the Application (client) ID", nil)
	return r.entra("https://sts.windows.net/{tenantid}/", "", "1.0", "appid", []string{application}, tenants)
}

// entra is one of the two versions: where its issuers and metadata are, and which
// claim names the client in access tokens alone.
func (r *recipe) entra(issuer, path, version, client string, audience, tenants []string) (core.Provider, error) {
	r.list("tenants", tenants, "the Directory (tenant) IDs whose users are taken", isGUID)
	where := "organizations"
	if len(tenants) == 1 {
		where, issuer = tenants[0], strings.ReplaceAll(issuer, "{tenantid}", tenants[0])
	} else {
		r.remote.Tenants = tenants
	}
	if base := "https://login.microsoftonline.com/" + where + path; r.remote.BaseURL == "" && base != issuer {
		r.remote.BaseURL = base
	}
	return r.provider(r.oidc(issuer), core.ClaimRules{
		Audience: audience,
		Check:    checks(is("ver", version), has(client, "access token"), granted),
	})
}

// granted wants a token that somebody has granted something.
func granted(claims *core.Claims) error {
	if scp, _ := claims.String("scp"); scp != "" {
		return nil
	}
	if roles, _ := claims.Strings("roles"); len(roles) > 0 {
		return nil
	}
	return refusal(claims, "scp", "the token has neither scp nor roles: nobody has granted its client anything")
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func isGUID(s string) bool { return guid.MatchString(s) }
