package core

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Mistake is one thing that is wrong with a configuration: the field or the
// variable, what was found there, and the fix. The errors of [New], ReadEnv and of
// the constructors of keys and stores are made of them; errors.As finds the first.
type Mistake = setup.Mistake

// check says all that is wrong, by topic. Defaults are filled in already; raw is
// the Config as the user wrote it.
func (c Config[T]) check(raw Config[T]) error {
	var bad setup.Mistakes
	c.checkKeys(raw, &bad)
	c.checkTimes(raw, &bad)
	c.checkIssued(raw, &bad)
	c.checkWords(&bad)
	c.checkPlaces(raw, &bad)
	c.checkIdentify(raw, &bad)
	c.checkLogin(raw, &bad)
	c.checkSessions(raw, &bad)
	c.checkIdle(raw, &bad)
	c.checkRoutes(raw, &bad)
	bad.In("Resource", raw.Resource.check())
	return byVariable(bad, c.env).Err("jwtgate: core.New")
}

// checkKeys is about who may have signed, and what that demands of Rules.
func (c Config[T]) checkKeys(raw Config[T], bad *setup.Mistakes) {
	switch {
	case raw.Keys != nil && setup.IsNil(raw.Keys):
		bad.Add("Keys", "was the error of its constructor ignored?", "a nil %T", raw.Keys)
	case raw.Keys == nil && raw.Decode == nil && len(raw.Providers) == 0:
		bad.Add("Keys", "set the key that verifies tokens, as from keys.Load or keys.NewSecret", "nil")
	}
	if raw.Signer != nil && setup.IsNil(raw.Signer) {
		bad.Add("Signer", "was the error of its constructor ignored?", "a nil %T", raw.Signer)
	}
	if signer, ok := c.Signer.(*keys.Key); ok && !c.finds(signer) {
		bad.Add("Signer", "give both the same keys.WithID and keys.WithAlgorithm, or neither",
			"%s with the id %q, and Keys have this key under another id or for another algorithm, so its tokens would be refused here", signer, signer.ID())
	}
	rules := raw.Rules.check()
	if raw.Decode == nil && !setup.IsNil(raw.Keys) {
		rules = append(rules, raw.Rules.checkFacts(keys.FactsOf(raw.Keys))...)
	}
	bad.In("Rules", rules)
	c.checkBeside(raw, bad)
}

// finds reports whether Keys find the signer's key, if it is among them. Of keys
// that are not known one by one nothing is asked.
func (c Config[T]) finds(signer *keys.Key) bool {
	switch c.Keys.(type) {
	case *keys.Key, *keys.Set:
	default:
		return true
	}
	own := func(k *keys.Key) bool {
		a, errA := k.Thumbprint()
		b, errB := signer.Thumbprint()
		return errA == nil && errB == nil && a == b
	}
	if setup.IsNil(c.Keys) || !signer.CanSign() || !slices.ContainsFunc(keys.FactsOf(c.Keys).Own, own) {
		return true
	}
	found, err := c.Keys.Find(context.Background(), keys.Hint{KeyID: signer.ID(), Algorithm: signer.Algorithms()[0]})
	return err == nil && slices.ContainsFunc(found, own)
}

// checkTimes is about the clock, and how long things last.
func (c Config[T]) checkTimes(raw Config[T], bad *setup.Mistakes) {
	if raw.Now != nil && raw.Rules.Now != nil {
		bad.Add("Rules.Now", "leave Rules.Now nil", "Now is set too, and there is one clock")
	}
	if raw.Lifetime < 0 {
		bad.Add("Lifetime", "", "%v is negative", raw.Lifetime)
	} else if c.Lifetime < time.Second && !c.flask { // Flask-JWT cut the fraction off
		bad.Add("Lifetime", "", "%v is less than a second, and tokens count whole seconds", raw.Lifetime)
	}
	if d, ok := c.Signer.(keys.Describer); ok && !setup.IsNil(c.Signer) && d.Facts().Lifetime > 0 && c.Lifetime > d.Facts().Lifetime {
		bad.Add("Lifetime", fmt.Sprintf("set keys.RingConfig.Lifetime to %v", c.Lifetime), "%v, but a key of the ring is kept for tokens of %v", c.Lifetime, d.Facts().Lifetime)
	}
	if raw.NotBefore < 0 {
		bad.Add("NotBefore", "leave it 0; a token is valid from iat on anyway", "%v is negative", raw.NotBefore)
	}
	if c.Lifetime > 0 && c.NotBefore >= c.Lifetime {
		bad.Add("NotBefore", "make it shorter; such a token is never valid", "%v is not before the end of Lifetime, %v", c.NotBefore, c.Lifetime)
	}
	if raw.CallbackTimeout < 0 {
		bad.Add("CallbackTimeout", "0 means none", "%v is negative", raw.CallbackTimeout)
	}
	if raw.Tickets != nil && setup.IsNil(raw.Tickets) {
		bad.Add("Tickets", "was the error of its constructor ignored?", "a nil %T", raw.Tickets)
	}
	if c.Recheck < leastRecheck || c.Recheck > mostRecheck {
		bad.Add("Recheck", "", "%v is outside %v to %v", raw.Recheck, leastRecheck, mostRecheck)
	} else if raw.Recheck != 0 && raw.Sessions.Store == nil && raw.Revocation == nil {
		bad.Add("Recheck", "set one, or leave it out", "Sessions.Store and Revocation are nil, so there is nobody to ask again")
	}
}

// checkIssued is about issued tokens that nobody would take, here or anywhere.
func (c Config[T]) checkIssued(raw Config[T], bad *setup.Mistakes) {
	if raw.Audience != nil {
		checkList("Audience", raw.Audience, "leave it nil for Rules.Audience", bad)
		if c.Signer == nil && c.Encode == nil {
			bad.Add("Audience", "Rules.Audience is what tokens must have", "set, and nothing here issues tokens")
		}
	}
	if most := c.Rules.MaxLifetime; most > 0 && c.Lifetime > most && (raw.Authenticate != nil || raw.Lifetime != 0) && raw.Decode == nil {
		bad.Add("Rules.MaxLifetime", "make Lifetime shorter", "%v, and tokens are issued for %v, which would be refused", most, c.Lifetime)
	}
	if !raw.InsecureNoExpiry {
		return
	}
	if raw.Lifetime != 0 {
		bad.Add("InsecureNoExpiry", "leave one out", "Lifetime is set too, and says when tokens end")
	}
	if raw.Decode == nil && !raw.Rules.InsecureNoExpiry {
		bad.Add("InsecureNoExpiry", "set Rules.InsecureNoExpiry too", "Rules would refuse a token without exp")
	}
	if raw.Rules.MaxLifetime > 0 {
		bad.Add("InsecureNoExpiry", "leave one out", "Rules.MaxLifetime is set too, and needs an exp")
	}
	if raw.Sessions.Store != nil {
		bad.Add("InsecureNoExpiry", "leave it out; a session is what lasts", "Sessions are set too, and no token outlives its session")
	}
	if slices.Contains(c.neededOfOurs(), "exp") {
		bad.Add("InsecureNoExpiry", "call such tokens back by a Revocation of your own", "Revocation forgets a token at its exp")
	}
}

// checkList says what is wrong with a list of texts.
func checkList(field string, list []string, nothing string, bad *setup.Mistakes) {
	if len(list) == 0 {
		bad.Add(field, nothing, "empty but not nil")
	}
	if slices.Contains(list, "") {
		bad.Add(field, "remove it", "holds an empty string")
	}
}

// checkWords is about what stands in a challenge.
func (c Config[T]) checkWords(bad *setup.Mistakes) {
	if !setup.PrintableASCII(c.Realm) {
		bad.Add("Realm", "", "%q has characters outside printable ASCII", c.Realm)
	}
	if !field.IsToken(c.Scheme) {
		bad.Add("Scheme", "", "%q is not a token of RFC 9110 section 5.6.2", c.Scheme)
	}
}

// checkPlaces is about where tokens may be.
func (c Config[T]) checkPlaces(raw Config[T], bad *setup.Mistakes) {
	if raw.Lookup != nil && raw.Sources != nil {
		bad.Add("Sources", "set one, or wrap core.Lookup(sources...)", "Lookup is set too")
	}
	if raw.Sources != nil && len(raw.Sources) == 0 {
		bad.Add("Sources", "leave it nil for the Authorization header", "empty but not nil")
	}
	*bad = append(*bad, checkSources(raw.Sources, c.Scheme)...)
}

// checkIdentify is about who a token's owner is.
func (c Config[T]) checkIdentify(raw Config[T], bad *setup.Mistakes) {
	mixed := raw.severalIssuers() || !setup.IsNil(raw.Keys) && raw.Rules.mixes(keys.FactsOf(raw.Keys))
	if raw.Identify == nil && c.Identify != nil && reflect.TypeFor[T]().Kind() == reflect.String && mixed {
		bad.Add("Identify", "", "nil, and %w", errMixed)
	}
	if c.Identify == nil {
		bad.Add("Identify", "set a function from claims to it", "nil, and there is no default for %v", reflect.TypeFor[T]())
	}
}

// checkLogin is about the login endpoint, and what issues its tokens.
func (c Config[T]) checkLogin(raw Config[T], bad *setup.Mistakes) {
	if raw.Signer != nil && raw.Encode != nil {
		bad.Add("Signer", "set one, or wrap core.Encoder(signer)", "Encode is set too and does not use it")
	}
	l := c.Login
	if c.flask && raw.Authenticate == nil && !l.NoRoute {
		bad.Add("Authenticate", "set it, or Login.NoRoute", "nil, and FlaskConfig has a login")
	}
	if raw.Authenticate == nil {
		return
	}
	if !plainPath(l.Path) {
		bad.Add("Login.Path", "", "%q is not a plain path as /auth: it starts with a slash, does not end with one, and has no wildcards", l.Path)
	}
	if c.Signer == nil && c.Encode == nil {
		bad.Add("Signer", "Authenticate needs a private key or a secret to issue tokens", "nil, and Keys cannot sign")
	}
	if c.Payload == nil {
		bad.Add("Payload", "set a function from it to claims", "nil, and there is no default for %v", reflect.TypeFor[T]())
	}
	l.check(bad)
}

// check is about the endpoint's shape.
func (l LoginConfig) check(bad *setup.Mistakes) {
	if l.UsernameField == l.PasswordField {
		bad.Add("Login.PasswordField", "", "%q is the username's field too", l.PasswordField)
	}
	if l.MaxBytes < 0 || l.MaxBytes > largestMaxTokenBytes {
		bad.Add("Login.MaxBytes", "", "%d is outside 0 (the default, %d) to %d", l.MaxBytes, defaultMaxLogin, largestMaxTokenBytes)
	}
	if len(l.Methods) == 0 {
		bad.Add("Login.Methods", "leave it nil for POST, or set NoRoute", "empty but not nil")
	}
	for _, m := range l.Methods {
		if err := checkLoginMethod(m); err != nil {
			bad.Add("Login.Methods", "", "%w", err)
		}
	}
}
