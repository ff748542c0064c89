package core

import (
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/pemkey"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// pemKey loads a private key, a public key, or both, which must be a pair.
func (r *reading) pemKey(secret, public envKey, alg jws.Algorithm, insecure map[string]keys.Option) *keys.Key {
	load := func(opts ...keys.Option) (*keys.Key, error) {
		switch {
		case !public.set():
			return readKey(opts, r.keyText(secret))
		case !secret.set():
			return readKey(opts, r.keyText(public))
		}
		return readKey(opts, r.keyText(secret), r.keyText(public))
	}
	first := secret
	if !secret.set() {
		first = public
	}
	switch {
	case public.set() && !public.pem() && pemkey.What([]byte(public.text)) == "":
		r.bad(public.name, "it is no PEM; set it to a text that begins with -----BEGIN PUBLIC KEY-----, or %sPUBLIC_KEY_FILE to a path", r.prefix)
		return nil
	case len(insecure) > 0:
		r.noSecret(insecure, "%s%s is a PEM, and no secret; unset it", r.prefix, first.name)
	case alg.Family == jws.Secret:
		r.bad("ALGORITHM", "%s takes a secret, and %s is a PEM; unset it, or set it to the key's own, as RS256", alg.Name, r.full(first.name))
		return nil
	}
	key, err := load()
	for _, e := range setup.Each(err) {
		if text, ok := strings.CutPrefix(e.Error(), "jwtgate: key pair: "); ok {
			e = fmt.Errorf("jwtgate: %s%s and %s%s: %s", r.prefix, secret.name, r.prefix, public.name, text)
		}
		r.note(first.name, e)
	}
	switch {
	case err != nil:
		return nil
	case secret.set() && !key.CanSign():
		r.bad(secret.name, "it is a public key; set it to the private one, or only %sPUBLIC_KEY to verify and not sign", r.prefix)
		return nil
	case !secret.set() && key.CanSign():
		r.bad(public.name, "it is a private key; make the public one with: openssl pkey -in key.pem -pubout -out public.pem")
		return nil
	case alg.Name == "":
		return key
	}
	own := key.Algorithms()[0]
	if key, err = load(keys.WithAlgorithm(alg.Name)); err != nil {
		r.bad("ALGORITHM", "%s does not fit the key in %s%s, which is one for %s; unset it, or set it to that", alg.Name, r.prefix, first.name, own)
	}
	return key
}

// readKey makes a key of a text, or of a private one and its public half, which have
// names and files that a parser of keys does not know.
func readKey(opts []keys.Option, texts ...pemkey.Text) (*keys.Key, error) {
	key, err := inside.ReadKey(opts, texts)
	k, _ := key.(*keys.Key)
	return k, err
}
