package providers

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Zitadel takes the access tokens of an instance that are for a project, by its
// resource id, as 208329182293459. They are JWTs where the application, or the service
// user, has that as its token type. ID tokens have the project in aud as well, and are
// refused since they have no jti.
//
// A role is an object of the organizations that grant it, each with its primary
// domain: HasAny([core.Path]("urn:zitadel:iam:org:project:roles", "admin", "2083…"),
// "acme.example.com") asks for admin in one.
func Zitadel(issuer, project string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("Zitadel", remote)
	r.text("issuer", issuer, "the URL of the instance, as https://acme-ab12.zitadel.cloud", nil)
	r.text("project", project, "the Resource ID of the project", func(s string) bool { return strings.Trim(s, "0123456789") == "" })
	return r.provider(r.oidc(strings.TrimSuffix(issuer, "/")), core.ClaimRules{
		Audience: []string{project},
		Check:    checks(has("jti", "access token")),
	})
}
