package providers

import (
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// GitHubActions takes the tokens of workflows in these repositories, as acme/orders.
// Every repository at GitHub gets tokens of the same issuer with whatever aud it asks
// for; so the audience says that the token is meant for this program, and the
// repositories whose workflows are believed. The audience that a workflow gets
// without asking, the owner's URL, is refused.
//
// A branch, an environment or a workflow is a guard more: HasAny("ref",
// "refs/heads/main"), HasAny("environment", "production"). So is an owner's number,
// HasAny("repository_owner_id", "123"), which outlasts a name that somebody else takes
// when it is free. A pull request's workflow has the repository's name too, and
// refs/pull/7/merge as ref.
func GitHubActions(audience string, repositories []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("GitHubActions", remote)
	r.text("audience", audience, "the aud that the workflow asks for, as the URL of this program", nil)
	if strings.HasPrefix(audience, "https://github.com/") {
		r.bad.Add("audience", "let the workflow ask for one of this program's: core.getIDToken(audience)", "%q is what every workflow there gets without asking", audience)
	}
	r.list("repositories", repositories, "each as owner/name", func(s string) bool { return isPath(s) && strings.Count(s, "/") == 1 })
	return r.provider(r.oidc("https://token.actions.githubusercontent.com"), core.ClaimRules{
		Audience: []string{audience},
		Check:    checks(is("repository", repositories...)),
	})
}

// GitLabCI takes the ID tokens of jobs in these projects, as acme/shop/orders, of a
// GitLab at a URL, as https://gitlab.com. Every project there gets tokens with
// whatever aud its .gitlab-ci.yml asks for.
//
// A branch is a guard more: HasAny("ref", "main"), and HasAny("ref_protected", "true"),
// since whoever may push a branch may give it any name.
func GitLabCI(server, audience string, projects []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("GitLabCI", remote)
	r.text("server", server, "the URL of the GitLab, as https://gitlab.com", nil)
	r.text("audience", audience, "the aud under id_tokens in .gitlab-ci.yml, as the URL of this program", nil)
	r.refuse("audience", audience, "let the job ask for one of this program's", "is the GitLab itself", server, strings.TrimSuffix(server, "/"))
	r.list("projects", projects, "each with its group, as acme/shop/orders", isPath)
	return r.provider(r.oidc(strings.TrimSuffix(server, "/")), core.ClaimRules{
		Audience: []string{audience},
		Check:    checks(is("project_path", projects...)),
	})
}

// isPath reports whether a text is a path of two names at least, none of them a
// pattern: a star would be compared as it is.
func isPath(s string) bool {
	names := strings.Split(s, "/")
	return len(names) > 1 && !slices.Contains(names, "") && !strings.ContainsAny(s, "*?:@ ")
}
