package providers

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Kubernetes takes the tokens of these service accounts, each as namespace/name, from
// inside of their cluster. The issuer is the API server's --service-account-issuer, as
// https://kubernetes.default.svc.cluster.local; its keys are read at
// https://kubernetes.default.svc with this pod's own token, which the cluster replaces
// while the program runs, and its CA. RemoteConfig.BaseURL, TokenFile and CAFile are
// other places.
//
// Any pod may have a token with any aud, so the audience narrows nothing: it is there
// so that a token for this program is good for nothing else. The issuer itself, for
// which tokens to the API server are, is refused. The namespace is in
// [core.Path]("kubernetes.io", "namespace").
func Kubernetes(issuer, audience string, accounts []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("Kubernetes", remote)
	r.text("issuer", issuer, "the cluster's --service-account-issuer", nil)
	r.text("audience", audience, "the audience of the projected volume, as the name of this program", nil)
	r.refuse("audience", audience, "give the projected volume one of its own", "is the API server, with whose tokens more can be done than to call this program",
		issuer, "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local")
	r.list("accounts", accounts, "each as namespace/name", func(s string) bool { return isPath(s) && strings.Count(s, "/") == 1 })
	subjects := make([]string, len(accounts))
	for i, a := range accounts {
		subjects[i] = "system:serviceaccount:" + strings.ReplaceAll(a, "/", ":")
	}
	server := r.remote.BaseURL
	setup.Default(&server, "https://kubernetes.default.svc")
	setup.Default(&r.remote.TokenFile, "/var/run/secrets/kubernetes.io/serviceaccount/token")
	setup.Default(&r.remote.CAFile, "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
	r.remote.BaseURL = ""
	return r.provider(r.at(strings.TrimSuffix(server, "/")+"/openid/v1/jwks", issuer), core.ClaimRules{
		Audience: []string{audience},
		Check:    checks(is("sub", subjects...)),
	})
}
