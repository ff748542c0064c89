package providers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// recipe is one that is being followed: how keys are fetched, and what is wrong.
type recipe struct {
	name   string
	remote keys.RemoteConfig
	bad    setup.Mistakes
}

func begin(name string, remote []keys.RemoteConfig) *recipe {
	r := &recipe{name: name}
	if len(remote) > 1 {
		r.bad.Add("remote", "give one, or none", "%d configurations", len(remote))
	}
	if len(remote) > 0 {
		r.remote = remote[0]
	}
	return r
}

// text wants a parameter that says something: what fits, for which the fix says how
// it looks or where it is found.
func (r *recipe) text(field, value, fix string, fits func(string) bool) {
	switch {
	case value == "":
		r.bad.Add(field, fix, "empty")
	case strings.TrimSpace(value) != value || fits != nil && !fits(value):
		r.bad.Add(field, fix, "%.200q is none", value)
	}
}

// list wants those that are taken, of all the provider's.
func (r *recipe) list(field string, values []string, fix string, fits func(string) bool) {
	if len(values) == 0 {
		r.bad.Add(field, fix, "empty, so anybody with an account there would be taken")
	}
	for _, v := range values {
		r.text(field, v, fix, fits)
	}
}

// refuse wants a parameter not to be one of these, for a reason.
func (r *recipe) refuse(field, value, fix, reason string, values ...string) {
	if slices.Contains(values, value) {
		r.bad.Add(field, fix, "%q %s", value, reason)
	}
}

// provider is the result. Nothing of the world is made from parameters that are wrong.
func (r *recipe) provider(source func() (keys.Source, error), rules core.ClaimRules) (core.Provider, error) {
	if len(r.bad) == 0 {
		s, err := source()
		if err == nil {
			return core.Provider{Keys: s, Rules: rules}, nil
		}
		for _, e := range setup.Each(err) {
			r.bad = append(r.bad, e)
		}
	}
	return core.Provider{}, r.bad.Err("jwtgate: providers." + r.name)
}

// oidc are the keys of an issuer that has metadata.
func (r *recipe) oidc(issuer string) func() (keys.Source, error) {
	return func() (keys.Source, error) { return source(keys.NewOIDC(issuer, r.remote)) }
}

// at are the keys at a URL, of an issuer.
func (r *recipe) at(url, issuer string) func() (keys.Source, error) {
	if r.remote.Issuer != "" && r.remote.Issuer != issuer {
		r.bad.Add("remote.Issuer", "leave it out", "%q, and the keys are of %q", r.remote.Issuer, issuer)
	}
	r.remote.Issuer = issuer
	return func() (keys.Source, error) { return source(keys.NewRemote(url, r.remote)) }
}

// source keeps a nil *Remote from becoming a Source that is not nil.
func source(remote *keys.Remote, err error) (keys.Source, error) {
	if err != nil {
		return nil, err
	}
	return remote, nil
}

// check is a Check of ClaimRules.
type check func(claims *core.Claims) error

// checks asks one after the other.
func checks(list ...check) func(context.Context, *core.Claims) error {
	return func(_ context.Context, claims *core.Claims) error {
		for _, c := range list {
			if err := c(claims); err != nil {
				return err
			}
		}
		return nil
	}
}

// is wants a claim that is a string to be one of these.
func is(claim string, values ...string) check {
	values = slices.Clone(values)
	reason := inside.Reason(fmt.Sprintf("the claim %s is none of %.200q, which the recipe takes: the token is another kind, or somebody else's", claim, values))
	return func(claims *core.Claims) error {
		if v, ok := claims.String(claim); !ok || !slices.Contains(values, v) {
			return refusal(claims, claim, reason)
		}
		return nil
	}
}

// has wants a claim that says something to be there, as it is in every token of the
// kind that is meant.
func has(claim, kind string) check {
	reason := inside.Reason(fmt.Sprintf("the claim %s is not there, or empty, and every %s of this provider has it", claim, kind))
	return func(claims *core.Claims) error {
		if v, ok := claims.String(claim); !ok || v == "" {
			return refusal(claims, claim, reason)
		}
		return nil
	}
}

func refusal(claims *core.Claims, claim string, reason inside.Reason) error {
	kind := core.BadClaim
	if !claims.Has(claim) {
		kind = core.MissingClaim
	}
	return &core.Error{Kind: kind, Claim: claim, Cause: reason}
}
