package core

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
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
	if !r.pemForm(secret) || !r.pemForm(public) {
		return nil
	}
	switch {
	case public.set() && keycheck.IsURL(strings.TrimSpace(public.text)):
		r.bad(public.name, fmt.Sprintf("set %sJWKS_URL or %sOIDC_ISSUER to have the keys of a provider fetched", r.prefix, r.prefix), "it is a URL")
		return nil
	case public.set() && !public.pem() && pemkey.What([]byte(public.text)) == "":
		r.bad(public.name, fmt.Sprintf("set it to a text that begins with -----BEGIN PUBLIC KEY-----, or %sPUBLIC_KEY_FILE to a path", r.prefix), "it is no PEM")
		return nil
	case len(insecure) > 0:
		r.noSecret(insecure, "unset it", "%s is a PEM, and no secret", r.full(first.name))
	case alg.Family == jws.Secret:
		r.bad("ALGORITHM", "unset it, or set it to the key's own, as RS256", "%s takes a secret, and %s is a PEM", alg.Name, r.full(first.name))
		return nil
	}
	key, err := load()
	for _, e := range setup.Each(err) {
		if m, ok := errors.AsType[*Mistake](e); ok && m.Field == "key pair" {
			both := *m
			both.Field = r.full(secret.name) + " and " + r.full(public.name)
			e = fmt.Errorf("jwtgate: %w", &both)
		}
		r.note(first.name, e)
	}
	switch {
	case err != nil:
		return nil
	case secret.set() && !key.CanSign():
		r.bad(secret.name, fmt.Sprintf("set it to the private one, or only %sPUBLIC_KEY to verify and not sign", r.prefix), "it is a public key")
		return nil
	case !secret.set() && key.CanSign():
		r.bad(public.name, "make the public one with: openssl pkey -in key.pem -pubout -out public.pem", "it is a private key")
		return nil
	case alg.Name == "":
		return key
	}
	own := key.Algorithms()[0]
	if key, err = load(keys.WithAlgorithm(alg.Name)); err != nil {
		r.bad("ALGORITHM", "unset it, or set it to that", "%s does not fit the key in %s%s, which is one for %s", alg.Name, r.prefix, first.name, own)
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
