package core

import (
	"errors"
	"fmt"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// check says all that is wrong with the rules. Each text starts with the field.
func (r ClaimRules) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Leeway < 0 || r.Leeway > setup.MaxLeeway {
		bad("Leeway: %v is outside 0 to %v; a leeway bridges clocks, not lifetimes", r.Leeway, setup.MaxLeeway)
	}
	if r.MaxAge < 0 {
		bad("MaxAge: %v is negative; 0 means no bound", r.MaxAge)
	}
	if r.MaxTokenBytes < 0 || r.MaxTokenBytes > largestMaxTokenBytes {
		bad("MaxTokenBytes: %d is outside 0 (the default, %d) to %d", r.MaxTokenBytes, defaultMaxTokenBytes, largestMaxTokenBytes)
	}
	if r.CacheTokens < 0 || r.CacheTokens > largestCache {
		bad("CacheTokens: %d is outside 0 (no cache) to %d", r.CacheTokens, largestCache)
	}
	if r.InsecureAnyAudience && r.Audience != nil {
		bad("InsecureAnyAudience: Audience is set too; leave one out")
	}
	if r.InsecureAnyIssuer && r.Issuer != "" {
		bad("InsecureAnyIssuer: Issuer is set too; leave one out")
	}
	for _, list := range []struct {
		field  string
		values []string
	}{{"Audience", r.Audience}, {"Required", r.Required}, {"Types", r.Types}} {
		if list.values != nil && len(list.values) == 0 {
			bad("%s: empty but not nil; leave it nil to ask for nothing", list.field)
		}
		for _, v := range list.values {
			if v == "" {
				bad("%s: holds an empty string; remove it", list.field)
			}
		}
	}
	return errors.Join(errs...)
}

// checkFacts says what rules lack that these keys need. Each text
// starts with the field.
func (r ClaimRules) checkFacts(keys keys.Facts) error {
	var errs []error
	if keys.Shared && r.Audience == nil && !r.InsecureAnyAudience {
		errs = append(errs, errors.New("Audience: nil, and the provider of Keys issues tokens for other services too, which would be taken here; "+
			"set the aud of this service, or InsecureAnyAudience (RFC 8725 section 3.9, RFC 9068 section 4)"))
	}
	if r.Issuer == "" && keys.AnyIssuer() && !r.InsecureAnyIssuer {
		errs = append(errs, errors.New("Issuer: empty, and Keys are bound to none, so that a token with any iss would be taken that a holder of the keys signs; "+
			"set the iss of the provider, here or in keys.RemoteConfig, or InsecureAnyIssuer (RFC 8725 section 3.8)"))
	}
	if r.Issuer != "" && !keys.Verifies(r.Issuer) {
		errs = append(errs, fmt.Errorf("Issuer: %q, and Keys are bound to another issuer; leave one of them out, both compare iss", r.Issuer))
	}
	return errors.Join(errs...)
}
