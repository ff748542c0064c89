package core

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// check says all that is wrong, each text starting with the field. Defaults are
// filled in already; raw is the Config as the user wrote it.
func (c Config[T]) check(raw Config[T]) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	switch {
	case raw.Keys != nil && setup.IsNil(raw.Keys):
		bad("Keys: a nil %T; was the error of its constructor ignored?", raw.Keys)
	case raw.Keys == nil && raw.Decode == nil:
		bad("Keys: nil; set the key that verifies tokens, as from keys.Load or keys.NewSecret")
	}
	if raw.Signer != nil && setup.IsNil(raw.Signer) {
		bad("Signer: a nil %T; was the error of its constructor ignored?", raw.Signer)
	}
	rules := setup.Each(raw.Rules.check())
	if raw.Decode == nil && !setup.IsNil(raw.Keys) {
		rules = append(rules, setup.Each(raw.Rules.checkFacts(keys.FactsOf(raw.Keys)))...)
	}
	for _, e := range rules {
		bad("Rules.%w", e)
	}
	if raw.Now != nil && raw.Rules.Now != nil {
		bad("Rules.Now: Now is set too, and there is one clock; leave Rules.Now nil")
	}
	if raw.Lifetime < 0 {
		bad("Lifetime: %v is negative", raw.Lifetime)
	} else if c.Lifetime < time.Second && !c.flask { // Flask-JWT cut the fraction off
		bad("Lifetime: %v is less than a second, and tokens count whole seconds", raw.Lifetime)
	}
	if d, ok := c.Signer.(keys.Describer); ok && !setup.IsNil(c.Signer) && d.Facts().Lifetime > 0 && c.Lifetime > d.Facts().Lifetime {
		bad("Lifetime: %v, but a key of the ring is kept for tokens of %v; set keys.RingConfig.Lifetime to %v", c.Lifetime, d.Facts().Lifetime, c.Lifetime)
	}
	if raw.NotBefore < 0 {
		bad("NotBefore: %v is negative; a token is valid from iat on anyway", raw.NotBefore)
	}
	if c.Lifetime > 0 && c.NotBefore >= c.Lifetime {
		bad("NotBefore: %v is not before the end of Lifetime, %v; such a token is never valid", c.NotBefore, c.Lifetime)
	}
	if !setup.PrintableASCII(c.Realm) {
		bad("Realm: %q has characters outside printable ASCII", c.Realm)
	}
	if !field.IsToken(c.Scheme) {
		bad("Scheme: %q is not a token of RFC 9110 section 5.6.2", c.Scheme)
	}
	if raw.Lookup != nil && raw.Sources != nil {
		bad("Sources: Lookup is set too; set one, or wrap core.Lookup(sources...)")
	}
	if raw.Sources != nil && len(raw.Sources) == 0 {
		bad("Sources: empty but not nil; leave it nil for the Authorization header")
	}
	errs = append(errs, setup.Each(checkSources(raw.Sources))...)
	if raw.CallbackTimeout < 0 {
		bad("CallbackTimeout: %v is negative; 0 means none", raw.CallbackTimeout)
	}
	if raw.Identify == nil && c.Identify != nil && reflect.TypeFor[T]().Kind() == reflect.String && !setup.IsNil(raw.Keys) && raw.Rules.mixes(keys.FactsOf(raw.Keys)) {
		bad("Identify: nil, and %w", errMixed)
	}
	if c.Identify == nil {
		bad("Identify: nil, and there is no default for %v; set a function from claims to it", reflect.TypeFor[T]())
	}
	errs = append(errs, c.checkLogin(raw)...)
	errs = append(errs, c.checkSessions(raw)...)
	return errors.Join(errs...)
}

func (c Config[T]) checkLogin(raw Config[T]) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if raw.Signer != nil && raw.Encode != nil {
		bad("Signer: Encode is set too and does not use it; set one, or wrap core.Encoder(signer)")
	}
	l := c.Login
	if c.flask && raw.Authenticate == nil && !l.NoRoute {
		bad("Authenticate: nil, and FlaskConfig has a login; set it, or Login.NoRoute")
	}
	if raw.Authenticate == nil {
		return errs
	}
	if !plainPath(l.Path) {
		bad("Login.Path: %q is not a plain path as /auth: it starts with a slash, does not end with one, and has no wildcards", l.Path)
	}
	if c.Signer == nil && c.Encode == nil {
		bad("Signer: nil, and Keys cannot sign; Authenticate needs a private key or a secret to issue tokens")
	}
	if c.Payload == nil {
		bad("Payload: nil, and there is no default for %v; set a function from it to claims", reflect.TypeFor[T]())
	}
	if l.UsernameField == l.PasswordField {
		bad("Login.PasswordField: %q is the username's field too", l.PasswordField)
	}
	if l.MaxBytes < 0 || l.MaxBytes > largestMaxTokenBytes {
		bad("Login.MaxBytes: %d is outside 0 (the default, %d) to %d", l.MaxBytes, defaultMaxLogin, largestMaxTokenBytes)
	}
	if len(l.Methods) == 0 {
		bad("Login.Methods: empty but not nil; leave it nil for POST, or set NoRoute")
	}
	for _, m := range l.Methods {
		if err := checkLoginMethod(m); err != nil {
			bad("Login.Methods: %w", err)
		}
	}
	return errs
}
