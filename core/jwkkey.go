package core

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// oneJWK is oneKey of a JWK.
func oneJWK(text keyText, p keyProblems, opts []KeyOption) (*Key, error) {
	o := p.options(text.about, opts, "WithKeyID", "InsecureShortSecret", "InsecureGuessableSecret")
	j, err := readJWK(string(text.data))
	if err != nil && j.has("keys") {
		err = errors.New("it is a JWK Set; load it with ParseKeySet or LoadKeySet")
	}
	if j.kid != "" && o.id != "" && j.kid != o.id {
		p.add(text.about, "WithKeyID says %.64q, and the JWK's kid is %.64q; leave WithKeyID out", o.id, j.kid)
	}
	if j.alg != "" && o.algorithms != nil && !slices.Equal(o.algorithms, []string{j.alg}) {
		p.add(text.about, "WithAlgorithm says %.64s, and the JWK's alg is %.32q; leave WithAlgorithm out", strings.Join(o.algorithms, ", "), j.alg)
	}
	var key *Key
	if err == nil {
		j.kid = cmp.Or(j.kid, o.id)
		key, err = jwkRules{algorithms: o.algorithms, issuer: o.issuer, secret: o}.key(&j)
	}
	var goKey any // nil: only the names of the algorithms are judged
	if err != nil {
		for _, e := range flatten(err) {
			p.add(text.about, "%w", e)
		}
	} else if goKey = key.m.goKey; goKey == nil {
		goKey = []byte{0} // any secret
	}
	p.algorithms(text.about, o.algorithms, goKey)
	if err := p.err(); err != nil {
		return nil, err
	}
	return opened(text.open)(key, nil)
}

// key makes the Key, if rules and the JWK itself let it verify or sign tokens.
func (rules jwkRules) key(j *jwk) (*Key, error) {
	if rules.publicOnly {
		switch {
		case j.kty == "oct":
			return nil, errors.New("it is a secret, and whoever can read the set can sign with it")
		case j.has(privateMembers...):
			return nil, errors.New("it is a private key, and whoever can read the set can sign with it; its owner must replace it")
		}
	}
	if j.use != "" && j.use != "sig" {
		return nil, fmt.Errorf(`its use is %.32q, not "sig" (RFC 7517 section 4.2)`, j.use)
	}
	goKey, err := j.material()
	if err != nil {
		return nil, err
	}
	algorithms, err := jwkAlgorithms(j, goKey, rules.algorithms)
	if err != nil {
		return nil, err
	}
	if secret, ok := goKey.([]byte); ok {
		if err := checkSecret(secret, algorithms, rules.secret); err != nil {
			return nil, err
		}
	}
	t := traits{id: j.kid, issuer: rules.issuer, algorithms: algorithms}
	if err := applyOperations(j, goKey, &t); err != nil {
		return nil, err
	}
	if t.id == "" {
		t.id, _ = thumbprint(publicHalf(goKey)) // "" for a secret
	}
	return newKey(goKey, t)
}

// jwkAlgorithms returns what the key is for: what its alg says, or those of the
// list that fit it, or the default for its kind. A secret has no default here:
// the header would then be the only one to name the algorithm.
func jwkAlgorithms(j *jwk, goKey any, list []string) ([]jws.Algorithm, error) {
	fit := jws.For(goKey)
	if j.alg != "" {
		a, known := jws.Lookup(j.alg)
		switch {
		case !known:
			return nil, fmt.Errorf("its alg is %.32q, which signs no tokens here", j.alg)
		case !a.Fits(goKey):
			return nil, fmt.Errorf("its alg is %s, which does not fit %s", a.Name, kindOfKey(goKey))
		}
		return []jws.Algorithm{a}, nil
	}
	if len(list) == 0 && j.kty == "oct" {
		return nil, errors.New(`it is a secret without alg; add "alg":"HS256", or say WithAlgorithm`)
	}
	if len(list) == 0 {
		return fit[:1], nil
	}
	algorithms, err := fitting(list, goKey)
	if err != nil {
		return nil, fmt.Errorf("it has no alg, and %w", err)
	}
	return algorithms, nil
}

// applyOperations applies key_ops (RFC 7517 section 4.3). A private key that is for
// "sign" says nothing against its public half, which is for "verify".
func applyOperations(j *jwk, goKey any, t *traits) error {
	if j.ops == nil {
		return nil
	}
	sign, verify := slices.Contains(j.ops, "sign"), slices.Contains(j.ops, "verify")
	switch {
	case isPublic(goKey) && !verify:
		return errors.New(`its key_ops have no "verify" (RFC 7517 section 4.3)`)
	case !sign && !verify:
		return errors.New(`its key_ops have neither "sign" nor "verify" (RFC 7517 section 4.3)`)
	}
	t.noSign = !sign
	t.noVerify = !verify && j.kty == "oct"
	return nil
}

// Thumbprint returns the SHA-256 thumbprint of the key's public half (RFC 7638,
// RFC 8037 appendix A.3) in base64url: the same for a private key and its public
// one, whoever computes it, so it makes a good id. It is the id of the keys in a
// JWK Set that have none. A secret has no thumbprint: it would help whoever
// guesses the secret (RFC 7638 section 7), and Thumbprint returns an error.
func (k *Key) Thumbprint() (string, error) {
	if !k.made() {
		return "", errZeroKey
	}
	print, ok := thumbprint(k.m.goKey)
	if !ok {
		return "", errors.New("jwtgate: a secret has no thumbprint, for it would help to guess the secret (RFC 7638 section 7)")
	}
	return print, nil
}

// JWK returns the public half of the key as it is published (RFC 7517 section 4):
// with the key's id or else its thumbprint, with the algorithm that it signs with,
// and for signatures only. It is an error of a secret, which is never published.
func (k *Key) JWK() ([]byte, error) {
	if !k.made() {
		return nil, errZeroKey
	}
	text, ok := publicText(k.m.goKey, k.m.id, k.raw().Algorithm())
	if !ok {
		return nil, errors.New("jwtgate: a secret is not published: who can verify with it can sign with it")
	}
	return text, nil
}
