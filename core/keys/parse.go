package keys

import (
	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/pemkey"
)

// Parse makes a key of a text that holds one: a private key, which signs and
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
func Parse(text []byte, opts ...Option) (*Key, error) {
	return one(pemkey.Text{About: "key", Data: text}, nil, opts)
}

// Load is [Parse] of a file of at most 1 MiB. Its errors name the path,
// and keep the error of package os for [errors.Is]. If the key can sign and every
// user of the machine may read its file, or write to it, New tells the [Observer].
func Load(path string, opts ...Option) (*Key, error) {
	var p problems
	return one(p.read("key file", path), p, opts)
}

// ParsePair is [Parse] of a private key in PEM with a public key that must
// be its own. It checks what two settings or two files promise: that what is
// signed here is accepted where only the public key is.
func ParsePair(private, public []byte, opts ...Option) (*Key, error) {
	return pair(pemkey.Text{About: "private key", Data: private}, pemkey.Text{About: "public key", Data: public}, nil, opts)
}

// LoadPair is [ParsePair] of two files of at most 1 MiB each. Its errors
// name the path, and keep the error of package os for [errors.Is].
func LoadPair(privatePath, publicPath string, opts ...Option) (*Key, error) {
	var p problems
	private := p.read("private key file", privatePath)
	public := p.read("public key file", publicPath)
	return pair(private, public, p, opts)
}

func one(text pemkey.Text, p problems, opts []Option) (*Key, error) {
	if text.IsJSON() {
		return oneJWK(text, p, opts)
	}
	o := p.options(text.About, opts, "WithID", "WithPassphrase", "InsecureExpiredCertificate")
	found, ok := p.parseOne(text, o)
	if !ok {
		return p.key(text.About, nil, o)
	}
	if found.Private != nil {
		return opened(text.Open)(p.key(text.About, found.Private, o))
	}
	return p.key(text.About, found.Public, o)
}

func pair(privateText, publicText pemkey.Text, p problems, opts []Option) (*Key, error) {
	const swapped = "; are the two swapped?"
	o := p.options("key pair", opts, "WithID", "WithPassphrase", "InsecureExpiredCertificate")
	private, okPrivate := p.parseOne(privateText, o)
	o.passphrase = nil // a public key has none
	public, okPublic := p.parseOne(publicText, o)

	hint := ""
	if okPrivate && private.Private == nil && public.Private != nil {
		hint = swapped
	}
	if okPrivate && private.Private == nil {
		p.add(privateText.About, "it holds a public key where the private one is wanted%s", hint)
	}
	if public.Private != nil {
		p.add(publicText.About, "it holds a private key where the public one is wanted%s; make the public one with: openssl pkey -in %s -pubout -out public.pem",
			hint, publicText.File())
	} else if okPublic && private.Private != nil && !keycheck.Same(private.Public, public.Public) {
		p.add("key pair", "the private and the public key do not belong together; make the public one with: openssl pkey -in %s -pubout -out public.pem",
			privateText.File())
	}
	if private.Private == nil {
		return p.key("key pair", nil, o)
	}
	return opened(privateText.Open)(p.key("key pair", private.Private, o))
}

// key makes the Key, or reports all that was found. A nil goKey could not be
// loaded, and the reason is noted.
func (p *problems) key(about string, goKey any, o options) (*Key, error) {
	algorithms := p.algorithms(about, o.algorithms, goKey)
	if err := p.err(); err != nil {
		return nil, err
	}
	return newKey(goKey, o.traits(algorithms))
}

// read reads a file for a key.
func (p *problems) read(what, path string) pemkey.Text {
	t := pemkey.Text{About: what, Path: path}
	data, open, err := pemkey.ReadFile(path)
	if err != nil {
		// The path is a part of the os error, or must not be shown.
		p.add(what, "%w", err)
		t.Failed = true
		return t
	}
	t.About, t.Data, t.Open = what+" "+path, data, open
	return t
}

// parseOne returns the one key in text. If there is none, or not ok, what is
// wrong has been noted.
func (p *problems) parseOne(text pemkey.Text, o options) (key pemkey.Key, ok bool) {
	keys := p.parseAll(text, o)
	if len(keys) > 1 {
		p.add(text.About, "it holds several keys that do not belong together; leave one in it, or load them all with keys.ParseSet or keys.LoadSet")
	}
	if len(keys) != 1 {
		return pemkey.Key{}, false
	}
	return keys[0], true
}

// parseAll returns the keys in text in their order, each once and with its
// private half if that is there too. If there are none, what is wrong has been
// noted.
func (p *problems) parseAll(text pemkey.Text, o options) (keys []pemkey.Key) {
	if text.Failed {
		return nil
	}
	keys, err := pemkey.Parse(text, pemkey.Options{Passphrase: o.passphrase, Expired: o.expired})
	if err != nil {
		// One is enough: a file of a hundred weak keys has one mistake.
		p.add(text.About, "%w", err)
		return nil
	}
	return keys
}

// What settings need of this room, and nobody else.
func init() {
	inside.ReadKey = func(opts, texts any) (any, error) {
		t := texts.([]pemkey.Text)
		if len(t) == 2 {
			return pair(t[0], t[1], nil, opts.([]Option))
		}
		return one(t[0], nil, opts.([]Option))
	}
	inside.Opened = func(key any, open error) { _, _ = opened(open)(key.(*Key), nil) }
}
