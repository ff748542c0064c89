package providers

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Supabase takes the access tokens of a project's signed-in users. The project is its
// URL, as https://abcdefghijklmnopqrst.supabase.co. While it changes from its legacy
// JWT secret to signing keys, give the secret too: tokens of both are taken then, and
// until the key set can be reached those of the secret. "" is none, as it should be
// once the secret is revoked.
//
// The keys named anon and service_role are tokens as well, of another issuer, and are
// refused. Roles of one's own are in [core.Path]("app_metadata", "role"), and never in
// user_metadata, which users write themselves. For users with an account ask for
// [core.GuardFunc] over is_anonymous.
func Supabase(project, secret string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("Supabase", remote)
	r.text("project", project, "its URL, as https://abcdefghijklmnopqrst.supabase.co", func(s string) bool { return !strings.HasSuffix(s, "/auth/v1") })
	issuer := strings.TrimSuffix(project, "/") + "/auth/v1"
	set := r.at(issuer+"/.well-known/jwks.json", issuer)
	return r.provider(func() (keys.Source, error) {
		remote, err := set()
		if err != nil || secret == "" {
			return remote, err
		}
		legacy, err := keys.NewSecret([]byte(secret), keys.WithIssuer(issuer))
		if err != nil {
			return nil, err
		}
		return keys.Join(legacy, remote)
	}, core.ClaimRules{
		Audience: []string{"authenticated"},
		Check:    checks(is("role", "authenticated"), has("sub", "user's token")),
	})
}
