package core

import (
	"fmt"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// check says all that is wrong with the rules. Each text starts with the field.
func (r ClaimRules) check() (bad setup.Mistakes) {
	if r.Leeway < 0 && r.Leeway != NoLeeway || r.Leeway > setup.MaxLeeway {
		bad.Add("Leeway", "make it smaller; a leeway bridges clocks, not lifetimes", "%v is outside 0 to %v", r.Leeway, setup.MaxLeeway)
	}
	if r.MaxAge < 0 {
		bad.Add("MaxAge", "0 means no bound", "%v is negative", r.MaxAge)
	}
	if r.MaxLifetime < 0 {
		bad.Add("MaxLifetime", "0 means no bound", "%v is negative", r.MaxLifetime)
	}
	if r.MaxLifetime > 0 && r.InsecureIgnoreExpiry {
		bad.Add("MaxLifetime", "leave one out", "InsecureIgnoreExpiry is set too, and exp is not looked at")
	}
	if r.MaxTokenBytes < 0 || r.MaxTokenBytes > largestMaxTokenBytes {
		bad.Add("MaxTokenBytes", "", "%d is outside 0 (the default, %d) to %d", r.MaxTokenBytes, defaultMaxTokenBytes, largestMaxTokenBytes)
	}
	if r.CacheTokens < 0 || r.CacheTokens > largestCache {
		bad.Add("CacheTokens", "", "%d is outside 0 (no cache) to %d", r.CacheTokens, largestCache)
	}
	if r.InsecureAnyAudience && r.Audience != nil {
		bad.Add("InsecureAnyAudience", "leave one out", "Audience is set too")
	}
	if r.InsecureAnyIssuer && r.Issuer != "" {
		bad.Add("InsecureAnyIssuer", "leave one out", "Issuer is set too")
	}
	for _, list := range []struct {
		field  string
		values []string
	}{{"Audience", r.Audience}, {"ClientID", r.ClientID}, {"Signer", r.Signer}, {"Required", r.Required}, {"Types", r.Types}} {
		if list.values != nil && len(list.values) == 0 {
			bad.Add(list.field, "leave it nil to ask for nothing", "empty but not nil")
		}
		for _, v := range list.values {
			if v == "" {
				bad.Add(list.field, "remove it", "holds an empty string")
			} else if path := readsAsPath(v); list.field == "Required" && path != "" {
				bad.Add("Required", fmt.Sprintf("ask for a claim that is inside of others with core.HasAny(%s, …), or in Check; for one of that name in Check", path),
					"%q is the exact name of one claim, and reads like a path", v)
			}
		}
	}
	r.checkUnmet(&bad)
	return bad
}

// checkFacts says what rules lack that these keys need. Each text
// starts with the field.
func (r ClaimRules) checkFacts(keys keys.Facts) (bad setup.Mistakes) {
	if keys.Shared && r.Audience == nil && r.ClientID == nil && r.Signer == nil && !r.InsecureAnyAudience {
		bad.Add("Audience", "set the aud of this service, ClientID or, of load balancers, Signer if its tokens have none, or InsecureAnyAudience (RFC 8725 section 3.9, RFC 9068 section 4)",
			"nil, and the provider of Keys issues tokens for other services too, which would be taken here")
	}
	if r.Issuer == "" && keys.AnyIssuer() && !r.InsecureAnyIssuer {
		bad.Add("Issuer", "set the iss of the provider, here or in keys.RemoteConfig, or InsecureAnyIssuer (RFC 8725 section 3.8)",
			"empty, and Keys are bound to none, so that a token with any iss would be taken that a holder of the keys signs")
	}
	if r.Issuer != "" && !keys.Verifies(r.Issuer) {
		bad.Add("Issuer", "leave one of them out, both compare iss", "%q, and Keys are bound to another issuer", r.Issuer)
	}
	return bad
}
