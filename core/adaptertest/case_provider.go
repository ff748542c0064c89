package adaptertest

import "github.com/jwtgate/jwtgate/core"

const (
	ourIssuer   = "https://shop.example.com"
	workIssuer  = "https://work.example.com"
	clubIssuer  = "https://club.example.com"
	quietIssuer = "https://quiet.example.com"
)

// addProviders adds a gate that takes our own tokens, and those of three others: one
// whose keys are of another kind, one that is known by client_id, one that is out of
// reach.
func addProviders(gates func(string, ...core.Gate), auth func(func(*core.Config[*User])) *core.Auth[*User]) {
	public, err := testKeys().rsa.Public()
	check(err)
	gates("/providers", auth(func(c *core.Config[*User]) {
		c.Keys, c.Signer, c.Authenticate = testKeys().secret, nil, nil
		c.Rules.Issuer = ourIssuer
		c.Providers = []core.Provider{
			{Keys: public, Rules: core.ClaimRules{Issuer: workIssuer, Audience: []string{"orders"}, CacheTokens: 8}},
			{Keys: public, Rules: core.ClaimRules{Issuer: clubIssuer, ClientID: []string{"app"}, Types: []string{"at+jwt"}}},
			{Keys: down{}, Rules: core.ClaimRules{Issuer: quietIssuer, Audience: []string{"orders"}}},
		}
	}).Require())
}

// providerCases are about the tokens of several issuers at one gate.
func providerCases() []Case {
	const typed = `{"alg":"RS256","typ":"at+jwt"}`
	ours := func(more string) string { return at("/providers", with(more)) }
	theirs := func(header, more string) string { return at("/providers", rs(header, payload("joe", more))) }
	iss := func(issuer, more string) string { return `"iss":"` + issuer + `"` + more }
	return []Case{
		row("Providers: ours", ours(iss(ourIssuer, "")), joe),
		row("Providers: one's", theirs(rs256, iss(workIssuer, `,"aud":"orders"`)), joe),
		row("Providers: one's, seen before", theirs(rs256, iss(workIssuer, `,"aud":"orders"`)), joe),
		row("Providers: another's", theirs(typed, iss(clubIssuer, `,"client_id":"app"`)), joe),
		row("Providers: one's by another's rules", theirs(typed, iss(workIssuer, `,"client_id":"app"`)), no(core.MissingClaim)), // aud
		row("Providers: one's for another audience", theirs(rs256, iss(workIssuer, `,"aud":"billing"`)), no(core.WrongAudience)),
		row("Providers: another's for another client", theirs(typed, iss(clubIssuer, `,"client_id":"other"`)), no(core.WrongAudience)),
		row("Providers: ours in one's name", ours(iss(workIssuer, `,"aud":"orders"`)), no(core.WrongAlgorithm)),
		row("Providers: one's in our name", theirs(rs256, iss(ourIssuer, "")), no(core.WrongAlgorithm)),
		row("Providers: nobody's", theirs(rs256, iss("https://evil.example", `,"aud":"orders"`)), no(core.WrongIssuer)),
		row("Providers: no iss", ours(`"aud":"orders"`), no(core.MissingClaim)),
		row("Providers: an iss that is a list", ours(`"iss":["`+ourIssuer+`"]`), no(core.BadClaim)),
		row("Providers: iss twice", ours(iss(ourIssuer, `,"iss":"`+workIssuer+`"`)), no(core.Malformed)),
		row("Providers: one that is out of reach", theirs(rs256, iss(quietIssuer, `,"aud":"orders"`)), no(core.Unavailable)),
	}
}
