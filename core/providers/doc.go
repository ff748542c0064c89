// Package providers has recipes for the tokens of well-known identity providers: each
// makes the core.Provider of one, with its keys and with the rules that say which of
// its tokens are meant for this program.
//
//	shop, err := providers.Keycloak("https://sso.example.com", "shop", "orders-api")
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := core.New(core.Config[*core.Claims]{Providers: []core.Provider{shop}})
//
// All recipes are of one form. First comes what is the provider's, then what this
// program is called there, then whom of all its users to take; a recipe that would
// take anybody with an account there returns an error. The last is optional: a
// keys.RemoteConfig says how the keys are fetched, who hears of it, and when that ends.
// A recipe does not fetch, so it needs no network.
//
// What is returned may be changed: Rules.CacheTokens and Rules.Leeway are the
// program's. Rules.Check is the recipe's; a check of one's own calls it first, or is a
// guard, as core.HasAny.
//
// A provider that has no recipe here needs none: keys.NewOIDC with its issuer, and
// Rules.Audience. Auth0, Okta, Apple, Cloudflare Access, Google IAP and Ory are
// examples of this package, run against imitations of them as the recipes are.
// docs/providers.md has a table of all, and says which claims hold roles.
package providers
