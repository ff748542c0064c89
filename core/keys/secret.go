package keys

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/pemkey"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

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
// text, an SSH key, a JWK or a DER file, also in base64 or hexadecimal: a public
// key is known to everybody, and who knows an HMAC secret can sign (RFC 8725
// section 2.1). Nor does it take what can be guessed: a path, a URL, a template
// that was not filled in, the placeholder of an example, a text that repeats
// itself; see [InsecureGuessableSecret]. The error never holds bytes of the secret.
func NewSecret(secret []byte, opts ...Option) (*Key, error) {
	return newSecret(bytes.Clone(secret), nil, opts)
}

// SecretFromBase64 is [NewSecret] of what text is the base64 of, as "openssl
// rand -base64 48" prints it: in the standard or the URL-safe alphabet (RFC 4648
// sections 4 and 5), with its padding or without. White space around it is
// dropped; anything else that is not the one spelling of its bytes is an error.
func SecretFromBase64(text string, opts ...Option) (*Key, error) {
	secret, err := decodeBase64(strings.TrimSpace(text))
	return newSecret(secret, err, opts)
}

// SecretFromHex is [NewSecret] of what text is the hexadecimal of, in either
// case, as "openssl rand -hex 32" prints it. White space around it is dropped.
func SecretFromHex(text string, opts ...Option) (*Key, error) {
	secret, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		// The library's error holds a byte of the text.
		err = errors.New("it is not hexadecimal: an even number of digits 0 to 9 and a to f")
	}
	return newSecret(secret, err, opts)
}

var errNotBase64 = errors.New("it is not base64: one alphabet, no line break inside, padding all or none, and no leftover bits (RFC 4648 section 3.5)")

func decodeBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") { // which package base64 passes over
		return nil, errNotBase64
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := encoding.Strict().DecodeString(text); err == nil {
			return b, nil
		}
	}
	return nil, errNotBase64
}

// newSecret makes the key of a secret that is its own, unless it was unreadable.
func newSecret(secret []byte, unreadable error, opts []Option) (*Key, error) {
	const about = "secret"
	var p problems
	o := p.options(about, opts, "WithID", "InsecureShortSecret", "InsecureGuessableSecret")
	sample := secret
	if len(secret) == 0 {
		sample = []byte{0} // so that the names are judged as those of a secret
	}
	algorithms := p.algorithms(about, o.algorithms, sample)
	if unreadable == nil {
		unreadable = checkSecret(secret, algorithms, o)
	}
	if unreadable != nil {
		for _, err := range setup.Each(unreadable) {
			p.add(about, "%w", err)
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return newKey(secret, o.traits(algorithms))
}

// checkSecret says what is wrong with the bytes of a secret for these algorithms.
func checkSecret(secret []byte, algorithms []jws.Algorithm, o options) error {
	if len(secret) == 0 {
		return errors.New("it is empty; make one with: openssl rand -hex 32")
	}
	if found := pemkey.What(secret); found != "" {
		return fmt.Errorf("it is %s, not a secret; load a key with keys.Parse or keys.Load", found)
	}
	var errs []error
	short := false
	for _, a := range algorithms {
		need := a.Hash.Size()
		short = short || len(secret) < need
		if len(secret) < need && !o.shortSecret {
			errs = append(errs, fmt.Errorf("%s needs at least %d bytes, this has %d (RFC 7518 section 3.2); make one with: openssl rand -hex %d",
				a.Name, need, len(secret), need))
		}
	}
	// A short secret is found by trying; that it can be guessed too is no news.
	if !short && !o.guessable {
		if err := keycheck.Guessable(secret); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
