package keys

import (
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// Facts are what a [Source] says of itself besides Find: what core must know to
// refuse a configuration that would believe too much, to name the reason of a
// refusal, and to publish keys.
//
// The zero Facts are those of keys that are this program's own and that nobody
// else signs with: a token needs no aud, and its issuer is not compared. A source
// that is no [Describer] is taken for a provider's that may sign for any issuer:
// {Shared: true, ReadsIssuer: true}.
type Facts struct {
	// Shared: whoever has the private keys issues tokens for other services too, as
	// a provider does. Then ClaimRules.Audience must say which are for this one
	// (RFC 8725 section 3.9).
	Shared bool
	// ReadsIssuer: Find looks at [Hint].Issuer, so the token's iss is read for it.
	ReadsIssuer bool
	// Issuers are those that the keys are bound to: whose tokens alone they verify;
	// "" among them stands for keys that are bound to none. Nil: none is, or it is not
	// known.
	Issuers []string
	// Tenants: there are more issuers than can be listed, and each key is bound to
	// its own.
	Tenants bool
	// Algorithms are those of the keys. A token of another one is refused as
	// WrongAlgorithm, and not as UnknownKey. Nil: not known.
	Algorithms []string
	// Lifetime is how long the tokens may live that the keys sign, as keys are kept
	// no longer; 0: no bound.
	Lifetime time.Duration
	// VerifiesOnly: though the source is a [Signer], none of its keys can sign now.
	VerifiesOnly bool
	// Padded: tokens are written in base64url with its padding, and signed so, as AWS's
	// load balancers write them against RFC 7515 section 2. Others are Malformed then.
	Padded bool
	// Own are the keys that are ours to publish, for Auth.KeyRoutes. Those of a
	// provider's are not: who trusts our key set trusts us, not him. Secrets among
	// them are left out.
	Own []*Key
	// Notices are what an operator should know of the keys as they are, as that others
	// on the machine may read a private key's file. New tells them to its Observer.
	Notices []Event
	// Insecure are the options of an Insecure name that are on in the source or in one
	// of its keys, as "keys.InsecureShortSecret", each with a sentence on what it
	// takes away, for Auth.Posture of core.
	Insecure map[string]string
	// Changes: Own may be another list later, so there is a key set to mount even
	// where there is nothing to publish now.
	Changes bool
	// MaxAge is for how long caches may keep what is published of Own; 0: a minute.
	MaxAge time.Duration
}

// Describer is a [Source] that says more of itself than Find does. Facts is
// called by New and at requests; what it returns is only read.
type Describer interface {
	Facts() Facts
}

// FactsOf is what a source says of itself, or what is to be feared of one that
// says nothing.
func FactsOf(source Source) Facts {
	if d, ok := source.(Describer); ok {
		return d.Facts()
	}
	return Facts{Shared: true, ReadsIssuer: true}
}

// Verifies reports whether keys with these facts may verify tokens of the issuer.
func (f Facts) Verifies(issuer string) bool {
	return f.Issuers == nil || slices.Contains(f.Issuers, issuer) || slices.Contains(f.Issuers, "")
}

// AnyIssuer reports whether a token with any iss would be taken that somebody else
// may sign.
func (f Facts) AnyIssuer() bool { return f.Shared && f.Issuers == nil && !f.Tenants }

// Several reports whether tokens of more than one issuer may be verified, so that
// two people may have one sub.
func (f Facts) Several() bool { return f.Tenants || f.AnyIssuer() || len(f.Issuers) > 1 }

// Allows reports whether keys with these facts may be used with the algorithm.
func (f Facts) Allows(alg string) bool {
	return f.Algorithms == nil || slices.Contains(f.Algorithms, alg)
}

// factsOfKeys are those of keys that are known one by one.
func factsOfKeys(keys []*Key) (f Facts) {
	f.Algorithms, f.Own = []string{}, keys
	f.VerifiesOnly = !slices.ContainsFunc(keys, (*Key).CanSign)
	for _, k := range keys {
		f.addInsecure(k.m.insecure)
		if k.m.open != nil {
			f.Notices = append(f.Notices, openEvent(k))
		}
		if !slices.Contains(f.Issuers, k.Issuer()) {
			f.Issuers = append(f.Issuers, k.Issuer())
		}
		for _, b := range k.m.bound {
			if !slices.Contains(f.Algorithms, b.Name) {
				f.Algorithms = append(f.Algorithms, b.Name)
			}
		}
	}
	return f
}

// publishedAlgorithms are those of keys that somebody publishes: all but those of
// secrets.
var publishedAlgorithms = func() (names []string) {
	for _, a := range jws.All() {
		if a.Family != jws.Secret {
			names = append(names, a.Name)
		}
	}
	return names
}()
