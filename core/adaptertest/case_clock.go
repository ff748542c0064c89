package adaptertest

import (
	"context"
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// nodes are gates of machines whose clocks differ from the one that issues, by path.
var nodes = map[string]time.Duration{"/behind": -time.Second, "/ahead": time.Second, "/far-behind": -31 * time.Second}

// addNodes adds the gates of nodes, and one whose rules forgive nothing.
func addNodes(gates func(string, ...core.Gate), auth func(func(*core.Config[*User])) *core.Auth[*User]) {
	for path, apart := range nodes {
		gates(path, auth(func(c *core.Config[*User]) {
			c.Now = func() time.Time { return clock().Add(apart) }
			c.Rules.VerifyIssuedAt, c.Rules.MaxAge = true, time.Hour
		}).Require())
	}
	gates("/one-clock", auth(func(c *core.Config[*User]) { c.Rules.Leeway = core.NoLeeway }).Require())
}

// clockCases are about machines whose clocks differ.
func clockCases() []Case {
	// dated is a token of a provider that dates it some seconds from now.
	dated := func(seconds int) string {
		return with(fmt.Sprintf(`"iat":%d,"nbf":%[1]d`, now+seconds))
	}
	fresh := ownToken(func(*core.Config[*User]) {})
	return []Case{
		row("clocks: our token on a node that is 1 s behind", at("/behind", fresh), joe),
		row("clocks: our token on a node that is 1 s ahead", at("/ahead", fresh), joe),
		row("clocks: our token with nbf on a node that is 1 s behind",
			at("/behind", ownToken(func(c *core.Config[*User]) { c.Rules.Required = []string{"nbf"} })), joe),
		row("clocks: our token where iat is required and the node is 31 s behind", at("/far-behind", fresh), no(core.IssuedInFuture)),
		row("clocks: a provider that is 2 s ahead", me(dated(2)), joe),
		row("clocks: a provider that is 2 s ahead, of a node that is 1 s behind", at("/behind", dated(2)), joe),
		row("clocks: a provider that is 30 s ahead", me(dated(30)), joe),
		row("clocks: nbf in 31 s", me(dated(31)), no(core.NotYetValid)),
		row("clocks: exp is forgiven nothing", me(claims(fmt.Sprintf(`{"sub":"joe","exp":%d}`, now))), no(core.Expired)),
		row("NoLeeway: nbf in 1 s", at("/one-clock", dated(1)), no(core.NotYetValid)),
		row("NoLeeway: nbf now", at("/one-clock", dated(0)), joe),
	}
}

// ownToken is a token of joe's, issued by core a moment ago.
func ownToken(change func(*core.Config[*User])) string {
	c := core.Config[*User]{Keys: testKeys().rsa, Now: clock, Payload: userClaims, Identify: identify}
	change(&c)
	issued, err := core.Must(c).Issue(context.Background(), core.Moment{}, &User{Name: "joe", Role: "user"})
	check(err)
	return issued.Token
}
