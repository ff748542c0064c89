package explain

import (
	"slices"

	"github.com/jwtgate/jwtgate/core"
)

// steps are those of a gate, in its order.
var steps = []string{
	"lookup",     // there is one token, where one is looked for
	"form",       // it is a JWT, with a header that can be read
	"key",        // there is a key for its alg, kid and, where that matters, iss
	"signature",  // the key made it, and may speak for its iss
	"payload",    // it is one JSON object
	"type",       // typ, and the signer
	"claims",     // what is required is there, and of the right type
	"dates",      // exp, nbf, iat
	"holder",     // it is bound to no key of its holder (cnf)
	"issuer",     // iss
	"audience",   // aud, client_id
	"check",      // Rules.Check
	"revocation", // it was not called back
	"identify",   // somebody is its subject
	"guards",     // he may do this
}

// Steps are the names of all steps of a gate, in its order.
func Steps() []string { return slices.Clone(steps) }

// ofDecoder are those that a token goes through by itself.
var ofDecoder = steps[1:12]

// stepOf is the step at which a gate said this no.
func stepOf(e core.Event) string {
	if r, ok := reasonOf(e); ok {
		return r.step
	}
	switch e.Kind {
	case core.BadToken, core.Malformed:
		return "form"
	case core.WrongAlgorithm, core.UnknownKey:
		return "key"
	case core.BadSignature:
		return "signature"
	case core.WrongType:
		return "type"
	case core.Expired, core.NotYetValid, core.IssuedInFuture, core.TooOld:
		return "dates"
	case core.MissingClaim, core.BadClaim:
		return "claims"
	case core.WrongIssuer:
		return "issuer"
	case core.WrongAudience:
		return "audience"
	case core.Revoked:
		return "revocation"
	case core.UnknownIdentity:
		return "identify"
	case core.Forbidden, core.InsufficientScope, core.StepUp:
		return "guards"
	case core.Unavailable, core.Internal:
		return coarse(e.Steps)
	}
	return "lookup"
}

// coarse is the step that was begun last; the decoder's is one to an Event.
func coarse(begun []core.Step) string {
	if len(begun) == 0 {
		return "key" // of a decoder alone, what fails is its key source
	}
	if last := begun[len(begun)-1].Name; last != "decode" {
		return last
	}
	return "key"
}
