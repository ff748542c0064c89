package core

import "bytes"

// NewSecret makes a key of a shared secret, for HMAC; by default for HS256. The
// secret's bytes are taken as they are and copied: no trimming, no decoding.
//
// Who can verify with a secret can also sign with it, so all who hold it are
// one party. A service that only verifies what another issued should hold a
// public key instead.
//
// NewSecret returns an error, naming all mistakes, if the secret is empty, is
// shorter than the hash of one of its algorithms (32, 48 or 64 bytes for HS256,
// HS384, HS512: RFC 7518 section 3.2; see [InsecureShortSecret]), or is a PEM
// text, an SSH key, a JWK or a DER file: a public key is known to everybody, and
// who knows an HMAC secret can sign (RFC 8725 section 2.1). The error never
// holds bytes of the secret.
func NewSecret(secret []byte, opts ...KeyOption) (*Key, error) {
	const about = "secret"
	var p keyProblems
	o := p.options(about, opts)

	secret = bytes.Clone(secret)
	found := keyFileIn(secret)
	sample := secret
	if len(secret) == 0 {
		sample = []byte{0} // so that the names are judged as those of a secret
	}
	algorithms := p.algorithms(about, o.algorithms, sample)
	switch {
	case len(secret) == 0:
		p.add(about, "it is empty; make one with: openssl rand -hex 32")
	case found != "":
		p.add(about, "it is %s, not a secret; load a key with ParseKey or LoadKey", found)
	case !o.shortSecret:
		for _, a := range algorithms {
			if need := a.Hash.Size(); len(secret) < need {
				p.add(about, "%s needs at least %d bytes, this has %d (RFC 7518 section 3.2); make one with: openssl rand -hex %d",
					a.Name, need, len(secret), need)
			}
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return newKey(secret, o.id, algorithms)
}
