package explain

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// words say of a kind what is wrong, where no reason says more, and how to mend it;
// docs/refused.md says more. CLAIM stands for the claim that was judged.
var words = map[core.Kind]struct{ why, fix string }{
	core.MissingToken:      {"the request has no token where one is looked for", "send Authorization: Bearer and the token, or set Config.Sources to where it is"},
	core.BadRequest:        {"the token is presented in a way that the standards forbid", "present one token, in one place"},
	core.BadBody:           {"the body is not what the endpoint reads", "send JSON with the fields that the endpoint reads"},
	core.BadToken:          {"the token is not valid", "let your Decode return a Kind that says what is wrong"},
	core.Malformed:         {"the text is no JWT", "send the token itself, whole, with nothing before or behind it"},
	core.WrongAlgorithm:    {"no key here is for the token's algorithm", "sign with the algorithm of the key here, or name it with keys.WithAlgorithm (JWT_ALGORITHM)"},
	core.UnknownKey:        {"no key here is the one that the token names", "is it another provider's or environment's token? keep a key until its last token has ended"},
	core.BadSignature:      {"the key that is here did not sign this", "compare the keys of both sides; is a secret base64 on one and text on the other?"},
	core.WrongType:         {"the token is of another kind than those that are taken here", "ask for an access token, or name the typ in Rules.Types"},
	core.Expired:           {"the token has expired: its exp has passed", "get a new one, or set the clock; Rules.Leeway (JWT_LEEWAY) forgives up to 5 minutes"},
	core.NotYetValid:       {"the token is not valid yet: its nbf lies ahead", "set the clocks of both machines by NTP; Rules.Leeway (JWT_LEEWAY) forgives up to 5 minutes"},
	core.IssuedInFuture:    {"the token was issued in the future: its iat lies ahead", "set the clocks of both machines by NTP; Rules.Leeway (JWT_LEEWAY) forgives up to 5 minutes"},
	core.TooOld:            {"the token was issued longer ago than Rules.MaxAge", "log in again, or change Rules.MaxAge"},
	core.WrongIssuer:       {"the token is another issuer's", "write Rules.Issuer (JWT_ISSUER) as the issuer writes iss, to the letter"},
	core.WrongAudience:     {"the token is for somebody else", "ask for a token for this service, and set Rules.Audience (JWT_AUDIENCE) to what its issuer writes"},
	core.MissingClaim:      {"CLAIM is not there, and must be", "let the issuer add CLAIM; exp is wanted always, iat by MaxAge and MaxLifetime, others by Rules.Required (JWT_REQUIRED_CLAIMS)"},
	core.BadClaim:          {"CLAIM is not of the type that it must be", "dates are numbers of seconds; sub, iss and jti are text"},
	core.Revoked:           {"the token was called back, or its session has ended", "log in again"},
	core.UnknownIdentity:   {"nobody here is whom the token is about", "Config.Identify knows nobody of these claims"},
	core.BadRefresh:        {"the refresh token cannot be exchanged", "log in again"},
	core.ReusedRefresh:     {"the refresh token was exchanged before: somebody has a copy", "log in again, and let the client store a new token before it uses it"},
	core.RacedRefresh:      {"the refresh token was exchanged a moment ago", "take what the other tab got"},
	core.BadCredentials:    {"nobody has this name and this password", "log in with another name or password"},
	core.StepUp:            {"the route wants a fresher or a stronger login", "log in again, as acr_values and max_age of the challenge say"},
	core.Forbidden:         {"a guard said no", "does the token have the role, in the claim that the guard reads?"},
	core.InsufficientScope: {"the token lacks a scope", "ask for the scope of the challenge"},
	core.CSRF:              {"a cookie came without the proof that our own pages sent it", "name the site in TrustedOrigins, or send the token in a header"},
	core.MethodNotAllowed:  {"the endpoint does not answer this method", "use a method of the field Allow"},
	core.TooLarge:          {"the body is longer than the endpoint reads", "send less, or raise Login.MaxBytes"},
	core.UnsupportedMedia:  {"the body is of another type than the endpoint reads", "send Content-Type: application/json"},
	core.TooManyRequests:   {"somebody tries too often", "wait as long as Retry-After says"},
	core.Unavailable:       {"somebody who must be asked does not answer", "it is not the token: is what the reason names up, and its address right?"},
	core.Internal:          {"a step failed", "it is not the token: a step of yours failed, see the reason"},
}

// told puts why it ended, and how to mend it, into words.
func told(e core.Event) (why, fix string) {
	w := words[e.Kind]
	claim := e.Claim
	if claim == "" {
		claim = "a claim"
	}
	why, fix = strings.ReplaceAll(w.why, "CLAIM", claim), strings.ReplaceAll(w.fix, "CLAIM", claim)
	if e.Cause != nil {
		why = fmt.Sprint(e.Cause) // which survives an Error that panics
	}
	if r, ok := reasonOf(e); ok && r.fix != "" {
		fix = r.fix
	}
	return why, fix
}

// reasonOf is the row of the reason, if it has one: some kinds are said at several
// steps. A reason is of a closed set, which docs/refused.md lists, and tells them apart.
func reasonOf(e core.Event) (row struct{ begin, step, fix string }, ok bool) {
	if e.Cause == nil || !errors.Is(e.Kind, core.BadToken) {
		return row, false
	}
	for _, r := range byReason {
		if strings.HasPrefix(fmt.Sprint(e.Cause), r.begin) {
			return r, true
		}
	}
	return row, false
}

const (
	writeWell = "let the issuer write each name once, with alg, kid and typ as text, and without crit and b64"
	askForOne = "ask the provider for an access token for this API (audience, resource); what only it can look up needs a Decode of your own"
)

// byReason are the reasons that end at another step than their kind, or are mended in
// another way; a fix of "" is the kind's.
var byReason = []struct{ begin, step, fix string }{
	{"iss chooses whose keys and rules", "key", "let the issuer write iss: it says whose keys and rules judge the token"},
	{"iss is none of the issuers", "key", "add its provider to Config.Providers, or write the issuer there as iss has it, to the letter"},
	{"iss is not the issuer of the key", "signature", "is it another provider's token? else name the provider as iss has it, to the letter (JWT_OIDC_ISSUER, RemoteConfig.Issuer)"},
	{"the token's payload is no base64url", "payload", ""},
	{"the token's payload", "payload", "let the issuer write one JSON object, with each name once"},
	{"the token's header is no base64url", "form", ""},
	{"the token's header", "form", writeWell},
	{"the token is too long", "form", "let the issuer put less into it, as groups by name, or raise Rules.MaxTokenBytes (JWT_MAX_TOKEN_BYTES)"},
	{"the token is a PASETO", "form", "ask for a JWT"},
	{"the token has five segments", "form", askForOne},
	{"the token has no dots", "form", askForOne},
	{"the token has alg none", "key", "let the issuer sign it: nothing here takes what nobody has signed"},
	{"the header's signer", "type", "name the ARN of the load balancer in Rules.Signer"},
	{"exp is longer after iat", "dates", "let the issuer make shorter ones, or raise Rules.MaxLifetime (JWT_MAX_LIFETIME)"},
	{"the token is bound to a key of its holder", "holder", "have it issued without cnf; or ask for the proof in Rules.Check, and set Rules.InsecureIgnoreConfirmation"},
	{"the claim ", "check", "ask the provider for a token of the kind that the recipe takes"},
	{"sub is absent", "identify", "let the issuer write sub, as text, or make an Identify that reads what is there"},
}
