package core

import "github.com/jwtgate/jwtgate/core/internal/inside"

// ParseKey makes a key of a text that holds one: a private key, which signs and
// verifies, or a public one, which verifies only. The text is PEM or one JWK.
//
// Of PEM it reads RSA (PKCS#1, PKCS#8, SPKI), EC on P-256, P-384 and P-521 (SEC
// 1, PKCS#8, SPKI) and Ed25519 (PKCS#8, SPKI), the public key of an X.509
// certificate, and an encrypted PKCS#8 (see [WithPassphrase]), as openssl writes
// them today and wrote them ten years ago: with CRLF line ends, text around the
// block, indentation, an EC PARAMETERS block before the key. A private key may
// have its own public key or certificate beside it, and a certificate those that
// issued it. A certificate must be valid on the day it is read; that its issuers
// are anybody's is not checked, since it is the text itself that is trusted.
//
// A JWK (RFC 7517, RFC 7518 section 6, RFC 8037) is bound to its alg, use and
// key_ops. Its id is its kid, or else its [Key.Thumbprint]. A symmetric one
// needs an alg.
//
// The default algorithm is RS256, ES256, ES384, ES512 by the curve, or EdDSA;
// see [WithAlgorithm].
//
// It returns an error, naming all mistakes and what to do, for anything else:
// keys that do not belong together, an encrypted key, an expired certificate,
// RSA under 2048 or over 8192 bits or with an exponent that is even, under 3 or
// over 2^24-1 (RFC 7518 section 3.3, RFC 8017 section 3.1), an inconsistent key,
// another curve. The error never holds bytes of the text.
func ParseKey(text []byte, opts ...KeyOption) (*Key, error) {
	return oneKey(keyText{about: "key", data: text}, nil, opts)
}

// LoadKey is [ParseKey] of a file of at most 1 MiB. Its errors name the path,
// and keep the error of package os for [errors.Is]. If the key can sign and every
// user of the machine may read its file, or write to it, New tells the Observer.
func LoadKey(path string, opts ...KeyOption) (*Key, error) {
	var p keyProblems
	return oneKey(p.read("key file", path), p, opts)
}

// ParseKeyPair is [ParseKey] of a private key in PEM with a public key that must
// be its own. It checks what two settings or two files promise: that what is
// signed here is accepted where only the public key is.
func ParseKeyPair(private, public []byte, opts ...KeyOption) (*Key, error) {
	return keyPair(keyText{about: "private key", data: private}, keyText{about: "public key", data: public}, nil, opts)
}

// LoadKeyPair is [ParseKeyPair] of two files of at most 1 MiB each. Its errors
// name the path, and keep the error of package os for [errors.Is].
func LoadKeyPair(privatePath, publicPath string, opts ...KeyOption) (*Key, error) {
	var p keyProblems
	private := p.read("private key file", privatePath)
	public := p.read("public key file", publicPath)
	return keyPair(private, public, p, opts)
}

func oneKey(text keyText, p keyProblems, opts []KeyOption) (*Key, error) {
	if text.isJSON() {
		return oneJWK(text, p, opts)
	}
	o := p.options(text.about, opts, "WithKeyID", "WithPassphrase", "InsecureExpiredCertificate")
	found, ok := p.parseOne(text, o)
	if !ok {
		return p.key(text.about, nil, o)
	}
	if found.private != nil {
		return opened(text.open)(p.key(text.about, found.private, o))
	}
	return p.key(text.about, found.public, o)
}

func keyPair(privateText, publicText keyText, p keyProblems, opts []KeyOption) (*Key, error) {
	const swapped = "; are the two swapped?"
	o := p.options("key pair", opts, "WithKeyID", "WithPassphrase", "InsecureExpiredCertificate")
	private, okPrivate := p.parseOne(privateText, o)
	o.passphrase = nil // a public key has none
	public, okPublic := p.parseOne(publicText, o)

	hint := ""
	if okPrivate && private.private == nil && public.private != nil {
		hint = swapped
	}
	if okPrivate && private.private == nil {
		p.add(privateText.about, "it holds a public key where the private one is wanted%s", hint)
	}
	if public.private != nil {
		p.add(publicText.about, "it holds a private key where the public one is wanted%s; make the public one with: openssl pkey -in %s -pubout -out public.pem",
			hint, publicText.file())
	} else if okPublic && private.private != nil && !samePublic(private.public, public.public) {
		p.add("key pair", "the private and the public key do not belong together; make the public one with: openssl pkey -in %s -pubout -out public.pem",
			privateText.file())
	}
	if private.private == nil {
		return p.key("key pair", nil, o)
	}
	return opened(privateText.open)(p.key("key pair", private.private, o))
}

// key makes the Key, or reports all that was found. A nil goKey could not be
// loaded, and the reason is noted.
func (p *keyProblems) key(about string, goKey any, o keyOptions) (*Key, error) {
	algorithms := p.algorithms(about, o.algorithms, goKey)
	if err := p.err(); err != nil {
		return nil, err
	}
	return newKey(goKey, o.traits(algorithms))
}

// read reads a file for a key.
func (p *keyProblems) read(what, path string) keyText {
	t := keyText{about: what, path: path}
	data, open, err := readKeyFile(path)
	if err != nil {
		// The path is a part of the os error, or must not be shown.
		p.add(what, "%w", err)
		t.failed = true
		return t
	}
	t.about, t.data, t.open = what+" "+path, data, open
	return t
}

// parseOne returns the one key in text. If there is none, or not ok, what is
// wrong has been noted.
func (p *keyProblems) parseOne(text keyText, o keyOptions) (key pemKey, ok bool) {
	keys := p.parseAll(text, o)
	if len(keys) > 1 {
		p.add(text.about, "it holds several keys that do not belong together; leave one in it, or load them all with ParseKeySet or LoadKeySet")
	}
	if len(keys) != 1 {
		return pemKey{}, false
	}
	return keys[0], true
}

// parseAll returns the keys in text in their order, each once and with its
// private half if that is there too. If there are none, what is wrong has been
// noted.
func (p *keyProblems) parseAll(text keyText, o keyOptions) (keys []pemKey) {
	if text.failed {
		return nil
	}
	keys, err := pemKeys(text, pemOptions{passphrase: o.passphrase, expired: o.expired})
	if err != nil {
		// One is enough: a file of a hundred weak keys has one mistake.
		p.add(text.about, "%w", err)
		return nil
	}
	return keys
}

// What settings need of this room, and nobody else.
func init() {
	inside.ReadKey = func(opts, texts any) (any, error) {
		t := texts.([]keyText)
		if len(t) == 2 {
			return keyPair(t[0], t[1], nil, opts.([]KeyOption))
		}
		return oneKey(t[0], nil, opts.([]KeyOption))
	}
	inside.Opened = func(key any, open error) { _, _ = opened(open)(key.(*Key), nil) }
}
