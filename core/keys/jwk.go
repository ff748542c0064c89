package keys

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/pemkey"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// oneJWK is oneKey of a JWK.
func oneJWK(text pemkey.Text, p problems, opts []Option) (*Key, error) {
	o := p.options(text.About, opts, "WithID", "InsecureShortSecret", "InsecureGuessableSecret")
	j, err := jwk.Read(string(text.Data))
	if err != nil && !j.Has("kty") {
		err = jwk.NoKey(text.Data)
	}
	if j.ID != "" && o.id != "" && j.ID != o.id {
		p.add(text.About, "keys.WithID says %.64q, and the JWK's kid is %.64q; leave keys.WithID out", o.id, j.ID)
	}
	if j.Alg != "" && o.algorithms != nil && !slices.Equal(o.algorithms, []string{j.Alg}) {
		p.add(text.About, "keys.WithAlgorithm says %.64s, and the JWK's alg is %.32q; leave keys.WithAlgorithm out", strings.Join(o.algorithms, ", "), j.Alg)
	}
	var key *Key
	if err == nil {
		j.ID = cmp.Or(j.ID, o.id)
		key, err = setRules{algorithms: o.algorithms, issuer: o.issuer, secret: o}.key(&j)
	}
	var goKey any // nil: only the names of the algorithms are judged
	if err != nil {
		for _, e := range setup.Each(err) {
			p.add(text.About, "%w", e)
		}
	} else if goKey = key.m.goKey; goKey == nil {
		goKey = []byte{0} // any secret
	}
	p.algorithms(text.About, o.algorithms, goKey)
	if err := p.err(); err != nil {
		return nil, err
	}
	return opened(text.Open)(key, nil)
}

var errPrivateInPublic = errors.New("it is a private key, and whoever can read the set can sign with it; its owner must replace it")

// key makes the Key, if rules and the JWK itself let it verify or sign tokens.
func (rules setRules) key(j *jwk.Key) (*Key, error) {
	if rules.publicOnly {
		switch {
		case j.Kty == "oct":
			return nil, errors.New("it is a secret, and whoever can read the set can sign with it")
		case j.Has(jwk.PrivateMembers...):
			return nil, errPrivateInPublic
		}
	}
	if j.Use != "" && !strings.EqualFold(j.Use, "sig") {
		return nil, fmt.Errorf(`its use is %.32q, not "sig" (RFC 7517 section 4.2)`, j.Use)
	}
	goKey, err := j.Material()
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
	t := traits{id: j.ID, issuer: rules.issuer, algorithms: algorithms}
	if _, ok := goKey.([]byte); ok {
		t.insecure = rules.secret.insecure()
	}
	if rules.tenants {
		if t.issuer, err = ownerOf(j); err != nil {
			return nil, err
		}
	}
	if err := applyOperations(j, goKey, &t); err != nil {
		return nil, err
	}
	if t.id == "" {
		t.id, _ = jwk.Thumbprint(keycheck.PublicHalf(goKey)) // "" for a secret
	}
	k, err := newKey(goKey, t)
	if err == nil && rules.tenants {
		k.m.tenants = new(sync.Map)
	}
	return k, err
}

// jwkAlgorithms returns what the key is for: what its alg says, or those of the
// list that fit it, or the default for its kind. A secret has no default here:
// the header would then be the only one to name the algorithm.
func jwkAlgorithms(j *jwk.Key, goKey any, list []string) ([]jws.Algorithm, error) {
	fit := jws.For(goKey)
	if j.Alg != "" {
		a, known := lookupAnyCase(j.Alg)
		switch {
		case !known:
			return nil, fmt.Errorf("its alg is %.32q, which signs no tokens here", j.Alg)
		case !a.Fits(goKey):
			return nil, fmt.Errorf("its alg is %s, which does not fit %s", a.Name, kindOfKey(goKey))
		}
		return []jws.Algorithm{a}, nil
	}
	if len(list) == 0 && j.Kty == "oct" {
		return nil, errors.New(`it is a secret without alg; add "alg":"HS256", or say keys.WithAlgorithm`)
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

// lookupAnyCase finds an algorithm by its name, in letters of any size: that is
// another spelling, and of no other algorithm.
func lookupAnyCase(name string) (jws.Algorithm, bool) {
	for _, a := range jws.All() {
		if strings.EqualFold(a.Name, name) {
			return a, true
		}
	}
	return jws.Algorithm{}, false
}

// applyOperations applies key_ops (RFC 7517 section 4.3). A private key that is for
// "sign" says nothing against its public half, which is for "verify", also where
// that still has the private one's list.
func applyOperations(j *jwk.Key, goKey any, t *traits) error {
	if len(j.Ops) == 0 {
		return nil
	}
	sign, verify := slices.Contains(j.Ops, "sign"), slices.Contains(j.Ops, "verify")
	if !sign && !verify {
		return errors.New(`its key_ops have neither "sign" nor "verify" (RFC 7517 section 4.3)`)
	}
	t.noSign = !sign
	t.noVerify = !verify && j.Kty == "oct"
	return nil
}

// Thumbprint returns the SHA-256 thumbprint of the key's public half (RFC 7638,
// RFC 8037 appendix A.3) in base64url: the same for a private key and its public
// one, whoever computes it, so it makes a good id, and is that of every key which
// was given none. A secret has no thumbprint: it would help whoever
// guesses the secret (RFC 7638 section 7), and Thumbprint returns an error.
func (k *Key) Thumbprint() (string, error) {
	if !k.made() {
		return "", errZeroKey
	}
	print, ok := jwk.Thumbprint(k.m.goKey)
	if !ok {
		return "", errors.New("jwtgate: a secret has no thumbprint, for it would help to guess the secret (RFC 7638 section 7)")
	}
	return print, nil
}

// JWK returns the public half of the key as it is published (RFC 7517 section 4):
// with the key's id, with the algorithm that it signs with, and for signatures
// only. It is an error of a secret, which is never published.
func (k *Key) JWK() ([]byte, error) {
	if !k.made() {
		return nil, errZeroKey
	}
	text, ok := jwk.Public(k.m.goKey, k.m.id, k.raw().Algorithm())
	if !ok {
		return nil, errors.New("jwtgate: a secret is not published: who can verify with it can sign with it")
	}
	return text, nil
}
