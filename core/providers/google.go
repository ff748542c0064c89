package providers

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Google takes the ID tokens that Google issued to one of these OAuth clients, as
// 1234-ab12.apps.googleusercontent.com: its access tokens are no JWTs. iss is written
// in two ways, with https:// and without, and both are Google; so make the identity of
// sub alone where Google is the only provider.
//
// A service account of anybody's gets tokens with whatever aud it asks for. So azp,
// where it is there, must be one of the clients too. For the accounts of one
// organization ask for HasAny("hd", "example.com").
func Google(clients []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("Google", remote)
	r.list("clients", clients, "the OAuth client IDs, which end with "+googleClient, func(s string) bool { return strings.HasSuffix(s, googleClient) })
	if r.remote.Issuer != "" {
		r.bad.Add("remote.Issuer", "leave it out", "%q, and Google has two spellings", r.remote.Issuer)
	}
	return r.provider(func() (keys.Source, error) {
		certs, err := keys.NewRemote("https://www.googleapis.com/oauth2/v3/certs", r.remote)
		if err != nil {
			return nil, err
		}
		return keys.ByIssuer(map[string]keys.Source{"https://accounts.google.com": certs, "accounts.google.com": certs})
	}, core.ClaimRules{
		Audience: clients,
		Check: checks(func(claims *core.Claims) error {
			if !claims.Has("azp") {
				return nil
			}
			return is("azp", clients...)(claims)
		}),
	})
}

const googleClient = ".apps.googleusercontent.com"

// Firebase takes the ID tokens of a Firebase project, by its id: what its clients send
// to a backend. Claims that are set with the Admin SDK are in the token under their
// own names, as HasAny("role", "admin"); the tenant is in
// [core.Path]("firebase", "tenant").
func Firebase(project string, remote ...keys.RemoteConfig) (core.Provider, error) {
	return firebase("Firebase", "https://securetoken.google.com/", project,
		"https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com", remote)
}

// FirebaseSession takes the session cookies that createSessionCookie of the Admin SDK
// makes, which have other keys and another issuer.
func FirebaseSession(project string, remote ...keys.RemoteConfig) (core.Provider, error) {
	return firebase("FirebaseSession", "https://session.firebase.google.com/", project,
		"https://www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys", remote)
}

func firebase(name, issuer, project, certificates string, remote []keys.RemoteConfig) (core.Provider, error) {
	r := begin(name, remote)
	r.text("project", project, "the Project ID", oneSegment)
	r.remote.Format = keys.PEMMap
	return r.provider(r.at(certificates, issuer+project), core.ClaimRules{
		Audience: []string{project},
		Required: []string{"auth_time"},
		Check:    checks(has("sub", "user's token")),
	})
}
