package core

import (
	"reflect"
	"slices"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// What is set and would do nothing: whoever set it believes that it holds.

// checkIdle says which settings nothing would read.
func (c Config[T]) checkIdle(raw Config[T], bad *setup.Mistakes) {
	issues := c.Signer != nil || c.Encode != nil
	if raw.Observer != nil && setup.IsNil(raw.Observer) {
		bad.Add("Observer", "was the error of its constructor ignored?", "a nil %T", raw.Observer)
	}
	if raw.Who != nil && raw.Observer == nil {
		bad.Add("Who", "set Observer, or leave it out", "Observer is nil, so nobody asks whom an event is about")
	}
	if !issues && !c.flask {
		for _, f := range []struct {
			field string
			set   bool
		}{{"Lifetime", raw.Lifetime > 0}, {"NotBefore", raw.NotBefore > 0}, {"Headers", raw.Headers != nil}, {"Audience", len(raw.Audience) > 0}} {
			if f.set {
				bad.Add(f.field, "set Signer, or leave it out", "nothing here signs, so it is for no token")
			}
		}
	}
	c.checkIdleRules(raw, issues, bad)
	if raw.Login.Name != "" && raw.Login.NoRoute && !c.flask {
		bad.Add("Login.Name", "leave one out", "Login.NoRoute is set too, and it is the route's name")
	}
	if s := raw.Sessions.Cookies; s != nil && (guardedName(s.CSRF) || s.CSRF != "" && s.InsecureNames) {
		if access, ok := accessCookie(c.Sources); ok && access.DoubleSubmit == nil {
			bad.Add("Sessions.Cookies.CSRF", "set DoubleSubmit of the Cookie among Sources, or leave it out", "that Cookie has no DoubleSubmit, so there is no such cookie")
		}
	}
}

// checkIdleRules is about Rules that no decoder of ours gets: beside a Decode, or beside
// Providers alone. What goes into issued tokens is of use all the same.
func (c Config[T]) checkIdleRules(raw Config[T], issues bool, bad *setup.Mistakes) {
	var why, fix string
	switch {
	case raw.Decode != nil && !c.flask: // Flask-JWT's handlers were replaced one by one, and its settings stayed
		why, fix = "Decode is set too and does not ask it", "give it to that Decode, as core.Decoder takes rules, and leave it out here"
	case raw.Decode == nil && raw.Keys == nil && len(raw.Providers) > 0:
		why, fix = "Keys is nil, so there are no tokens of our own that it could be for", "leave it out, or set it in each provider's Rules"
	default:
		return
	}
	kept := []string{"Now"}
	if issues || raw.Sessions.Store != nil {
		kept = append(kept, "Issuer", "Audience", "Required")
	}
	rules := reflect.ValueOf(raw.Rules)
	for i := range rules.NumField() {
		if f := rules.Type().Field(i); f.IsExported() && !rules.Field(i).IsZero() && !slices.Contains(kept, f.Name) {
			bad.Add("Rules."+f.Name, fix, "%s", why)
		}
	}
}

// checkUnmet says which rules no token can meet, or contradict each other.
func (r ClaimRules) checkUnmet(bad *setup.Mistakes) {
	required := func(name string) bool { return slices.Contains(r.Required, name) }
	if required("exp") && r.InsecureNoExpiry && !r.pyjwt {
		bad.Add("InsecureNoExpiry", "leave one out", "Required names exp")
	}
	if required("aud") && r.Audience == nil && !r.InsecureAnyAudience {
		bad.Add("Required", "set Audience to the aud of this service, or InsecureAnyAudience", "it names aud, and without Audience a token that has one is refused")
	}
	if required("cnf") && !r.InsecureIgnoreConfirmation {
		bad.Add("Required", "set InsecureIgnoreConfirmation, and ask the holder for the proof in Check", "it names cnf, and a token that has one is refused")
	}
}

// checkRoutes says which endpoints of an Auth would lie on one path.
func (c Config[T]) checkRoutes(raw Config[T], bad *setup.Mistakes) {
	if raw.Authenticate == nil || c.Login.NoRoute {
		return
	}
	if c.Login.Path == keySetPath && len(publishers(c.Keys, c.Signer)) > 0 {
		bad.Add("Login.Path", "choose another", "%q is where KeyRoutes publishes", c.Login.Path)
	}
	if c.Sessions.Store == nil {
		return
	}
	for _, path := range sessionPaths(c.Sessions.Path) {
		if c.Login.Path == path {
			bad.Add("Login.Path", "choose another, or set Sessions.Path", "%q is that of an endpoint of sessions too", path)
		}
	}
}
