package providers_test

import (
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/providers"
)

// TestGitHubActions: https://docs.github.com/en/actions/reference/security/oidc has the
// token, and https://token.actions.githubusercontent.com/.well-known/openid-configuration
// the metadata.
func TestGitHubActions(t *testing.T) {
	const issuer, audience = "https://token.actions.githubusercontent.com", "https://deploy.example.com"
	cert := rsaKey().certificate()
	web := internet{
		issuer + "/.well-known/openid-configuration": metadata(issuer, issuer+"/.well-known/jwks", members{"claims_supported": []string{"sub", "aud", "repository", "ref"}}),
		issuer + "/.well-known/jwks":                 keySet(rsaKey().jwk(members{"alg": "RS256", "use": "sig", "x5c": []string{std64(cert)}, "x5t": thumbprint(cert)})),
	}
	sign := func(more members) string {
		return rsaKey().sign(members{"typ": "JWT", "x5t": "a"}, with(dated(members{
			"jti": "example-id", "sub": "repo:acme/orders:environment:production", "environment": "production", "aud": audience, "ref": "refs/heads/main", "sha": "0123",
			"repository": "acme/orders", "repository_owner": "acme", "actor_id": "12", "repository_visibility": "private", "repository_id": "74", "repository_owner_id": "65",
			"run_id": "1", "run_number": "10", "run_attempt": "2", "runner_environment": "github-hosted", "actor": "joe", "workflow": "deploy", "head_ref": "", "base_ref": "",
			"event_name": "workflow_dispatch", "ref_type": "branch", "job_workflow_ref": "acme/deploy/.github/workflows/deploy.yml@refs/heads/main", "iss": issuer, "nbf": now.Unix() - 600,
		}), more))
	}
	p, err := providers.GitHubActions(audience, []string{"acme/orders", "acme/shipping"}, web.remote())
	judge(t, p, err, []try{
		{"a workflow's", sign(nil), 0},
		{"the other repository's", sign(members{"repository": "acme/shipping"}), 0},
		{"another repository's of the owner", sign(members{"repository": "acme/website", "sub": "repo:acme/website:ref:refs/heads/main"}), core.BadClaim},
		{"another owner's", sign(members{"repository": "evil/orders", "repository_owner": "evil"}), core.BadClaim},
		{"a longer name", sign(members{"repository": "acme/orders-evil"}), core.BadClaim},
		{"a repository in sub alone", sign(members{"repository": nil}), core.MissingClaim},
		{"for another service", sign(members{"aud": "sts.amazonaws.com"}), core.WrongAudience},
		{"for whoever reads it", sign(members{"aud": "https://github.com/acme"}), core.WrongAudience},
		{"an enterprise's own issuer", sign(members{"iss": issuer + "/acme"}), core.WrongIssuer},
	})
	roles(t, p, core.HasAny("ref", "refs/heads/main"), sign(nil), sign(members{"ref": "refs/pull/7/merge"}))
	roles(t, p, core.HasAny("environment", "production"), sign(nil), sign(members{"environment": nil}))
	roles(t, p, core.HasAny("repository_owner_id", "65"), sign(nil), sign(members{"repository_owner_id": "66"}))

	mistakes(t, func() (core.Provider, error) { return providers.GitHubActions("", nil) }, "audience: empty", "repositories: empty, so anybody")
	mistakes(t, func() (core.Provider, error) {
		return providers.GitHubActions("https://github.com/acme", []string{"acme/orders"})
	}, "audience: ", "core.getIDToken")
	for _, all := range []string{"acme", "acme/*", "*/orders", "acme/", "/orders", "repo:acme/orders", "acme/orders/x", "https://github.com/acme/orders"} {
		mistakes(t, func() (core.Provider, error) { return providers.GitHubActions(audience, []string{all}) }, "repositories: ")
	}
}

// TestGitLabCI: https://docs.gitlab.com/ci/secrets/id_token_authentication/ has the
// token, and https://gitlab.com/.well-known/openid-configuration the metadata.
func TestGitLabCI(t *testing.T) {
	const issuer, audience = "https://gitlab.com", "https://deploy.example.com"
	web := internet{
		issuer + "/.well-known/openid-configuration": metadata(issuer, issuer+"/oauth/discovery/keys", members{"token_endpoint": issuer + "/oauth/token"}),
		// The key of CI tokens stands beside those of sign-in.
		issuer + "/oauth/discovery/keys": keySet(rsaKey().named("kewiQq9j").jwk(members{"use": "sig", "alg": "RS256"}), rsaKey().jwk(members{"use": "sig", "alg": "RS256"})),
	}
	sign := func(more members) string {
		return rsaKey().sign(members{"typ": "JWT"}, with(dated(members{
			"namespace_id": "72", "namespace_path": "acme/shop", "project_id": "20", "project_path": "acme/shop/orders", "user_id": "1", "user_login": "joe", "user_email": "joe@example.com",
			"user_access_level": "developer", "pipeline_id": "574", "pipeline_source": "push", "job_id": "302", "ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main", "ref_protected": "true",
			"groups_direct": []string{"acme"}, "environment": "production", "environment_protected": "true", "runner_id": 1, "runner_environment": "gitlab-hosted", "sha": "714a",
			"ci_config_ref_uri": "gitlab.com/acme/shop/orders//.gitlab-ci.yml@refs/heads/main", "jti": "a", "iss": issuer, "nbf": now.Unix() - 65,
			"sub": "project_path:acme/shop/orders:ref_type:branch:ref:main", "aud": audience,
		}), more))
	}
	p, err := providers.GitLabCI("https://gitlab.com/", audience, []string{"acme/shop/orders"}, web.remote())
	judge(t, p, err, []try{
		{"a job's", sign(nil), 0},
		{"another project's", sign(members{"project_path": "acme/shop/website"}), core.BadClaim},
		{"another group's", sign(members{"project_path": "evil/shop/orders"}), core.BadClaim},
		{"for another service", sign(members{"aud": "https://vault.example.com"}), core.WrongAudience},
		{"the ID token of a sign-in with GitLab", rsaKey().named("kewiQq9j").sign(nil, dated(members{"iss": issuer, "sub": "1", "aud": audience, "sub_legacy": "a", "groups_direct": []string{"acme"}})), core.MissingClaim},
		{"another GitLab's", sign(members{"iss": "https://gitlab.example.com"}), core.WrongIssuer},
	})
	roles(t, p, core.All(core.HasAny("ref", "main"), core.HasAny("ref_protected", "true")), sign(nil), sign(members{"ref_protected": "false"}))

	mistakes(t, func() (core.Provider, error) { return providers.GitLabCI("", "", nil) }, "server: empty", "audience: empty", "projects: empty, so anybody")
	mistakes(t, func() (core.Provider, error) {
		return providers.GitLabCI("https://gitlab.com/", "https://gitlab.com", []string{"acme/*", "orders"})
	}, "audience: ", `"acme/*"`, `"orders"`)
}
