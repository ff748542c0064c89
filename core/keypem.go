package core

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxKeyFileBytes is far above any key and far below what hurts: a path that
// turns out to be a log or a device is not read to its end.
const maxKeyFileBytes = 1 << 20

// ParseKey makes a key of a PEM text that holds one private key, which signs
// and verifies, or one public key, which verifies only.
//
// It reads RSA (PKCS#1, PKCS#8, SPKI), EC on P-256, P-384 and P-521 (SEC 1,
// PKCS#8, SPKI) and Ed25519 (PKCS#8, SPKI), as openssl writes them today and
// wrote them ten years ago: with CRLF line ends, text around the block,
// indentation, an EC PARAMETERS block before the key. A private key may have its
// own public key beside it. The default algorithm is RS256, ES256, ES384, ES512
// by the curve, or EdDSA; see [WithAlgorithm].
//
// It returns an error, naming all mistakes and what to do, for anything else:
// no PEM, keys that do not belong together, an encrypted key, a certificate, RSA
// under 2048 or over 16384 bits or with an exponent that is even or under 65537
// (RFC 7518 section 3.3, NIST SP 800-56B section 6.2), an inconsistent key,
// another curve. The error never holds bytes of the text.
func ParseKey(pem []byte, opts ...KeyOption) (*Key, error) {
	return oneKey(keyText{about: "key", data: pem}, nil, opts)
}

// LoadKey is [ParseKey] of a file of at most 1 MiB. Its errors name the path,
// and keep the error of package os for [errors.Is].
func LoadKey(path string, opts ...KeyOption) (*Key, error) {
	var p keyProblems
	return oneKey(p.read("key file", path), p, opts)
}

// ParseKeyPair is [ParseKey] of a private key with a public key that must be
// its own. It checks what two settings or two files promise: that what is signed
// here is accepted where only the public key is.
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

// keyText is a text that should hold a key.
type keyText struct {
	about  string // how errors call it
	path   string // "" if it is not a file
	data   []byte
	failed bool // it could not be read, and the problem is noted
}

// read reads a file for a key.
func (p *keyProblems) read(what, path string) keyText {
	t := keyText{about: what, path: path}
	data, err := readKeyFile(path)
	if err != nil {
		// The path is a part of the os error, or must not be shown.
		p.add(what, "%w", err)
		t.failed = true
		return t
	}
	t.about, t.data = what+" "+path, data
	return t
}

// errPathIsPEM keeps a private key given as a path out of the error text, where
// package os would quote it.
var errPathIsPEM = errors.New("this is the text of a key, not a path; use ParseKey or ParseKeyPair")

func readKeyFile(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("the path is empty")
	}
	if strings.Contains(path, "-----BEGIN") || strings.ContainsAny(path, "\r\n") {
		return nil, errPathIsPEM
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxKeyFileBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes; this is no key", path, maxKeyFileBytes)
	}
	return data, nil
}

func oneKey(text keyText, p keyProblems, opts []KeyOption) (*Key, error) {
	o := p.pemOptions(text.about, opts)
	private, public := p.parse(text)
	if private != nil {
		return p.key(text.about, private, o)
	}
	return p.key(text.about, public, o)
}

func keyPair(privateText, publicText keyText, p keyProblems, opts []KeyOption) (*Key, error) {
	const swapped = "; are the two swapped?"
	o := p.pemOptions("key pair", opts)
	private, ofPrivate := p.parse(privateText)
	inPublic, public := p.parse(publicText)

	hint := ""
	if private == nil && ofPrivate != nil && inPublic != nil {
		hint = swapped
	}
	if private == nil && ofPrivate != nil {
		p.add(privateText.about, "it holds a public key where the private one is wanted%s", hint)
	}
	if inPublic != nil {
		p.add(publicText.about, "it holds a private key where the public one is wanted%s; make the public one with: openssl pkey -in %s -pubout -out public.pem",
			hint, publicText.file())
	} else if private != nil && public != nil && !samePublic(ofPrivate, public) {
		p.add("key pair", "the private and the public key do not belong together; make the public one with: openssl pkey -in %s -pubout -out public.pem",
			privateText.file())
	}
	return p.key("key pair", private, o)
}

// file names the text in a command.
func (t keyText) file() string {
	if t.path == "" {
		return "key.pem"
	}
	return t.path
}

func (p *keyProblems) pemOptions(about string, opts []KeyOption) keyOptions {
	o := p.options(about, opts)
	if o.shortSecret {
		p.add(about, "InsecureShortSecret is for NewSecret; a PEM key holds no secret of one's choice")
	}
	return o
}

// key makes the Key, or reports all that was found. A nil goKey could not be
// loaded, and the reason is noted.
func (p *keyProblems) key(about string, goKey any, o keyOptions) (*Key, error) {
	algorithms := p.algorithms(about, o.algorithms, goKey)
	if err := p.err(); err != nil {
		return nil, err
	}
	return newKey(goKey, o.id, algorithms)
}

// samePublic reports whether two public keys are one. Every public key of the
// standard library has Equal.
func samePublic(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}
