package pemkey

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/jwtgate/jwtgate/core/internal/keycheck"
)

// What says what kind of key file data is, as in "a PEM text"; "" if it is
// none. A secret of random bytes is none of these.
func What(data []byte) string {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	switch {
	case bytes.Contains(text, []byte("-----BEGIN")), bytes.Contains(text, []byte("---- BEGIN SSH2")):
		return "a PEM text"
	case bytes.Contains(bytes.ReplaceAll(text, []byte{0}, nil), []byte("-----BEGIN")):
		return "a PEM text in UTF-16"
	case isSSHPublicKey(text):
		return "an SSH public key"
	case isJWK(text):
		return "a JWK"
	}
	if what := derIn(data); what != "" {
		return what + " in DER"
	}
	for _, coding := range codings {
		decoded, ok := coding.decode(text)
		if !ok {
			continue
		}
		if bytes.Contains(decoded, []byte("-----BEGIN")) {
			return coding.name + " of a PEM text"
		}
		if isJWK(bytes.TrimSpace(decoded)) {
			return coding.name + " of a JWK"
		}
		if what := derIn(decoded); what != "" {
			return what + " in " + coding.where
		}
		if bytes.HasPrefix(decoded, []byte("\x00\x00\x00")) && isSSHType(decoded) {
			return "an SSH public key"
		}
	}
	return ""
}

// codings are the ways in which bytes become text, each of which people take off
// a key's file, or forget to: its lines, its quotes, escaped line breaks.
var codings = []struct {
	name, where string
	decode      func(text []byte) ([]byte, bool)
}{
	{"the base64", "base64 without its BEGIN and END lines", unbase64},
	{"the hexadecimal", "hexadecimal", unhex},
}

// plainText is text without what stands between the digits of a coding.
func plainText(text []byte, between string) string {
	plain := strings.NewReplacer(`\r`, "", `\n`, "").Replace(string(text))
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(between, r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, plain)
}

// withLines is a PEM text with its line breaks, if they are written out as \n: so it
// is kept where a value has one line. No PEM has a backslash in it.
func withLines(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\n`)) || bytes.Contains(data, []byte(`\\n`)) {
		return data
	}
	return []byte(strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(string(data)))
}

// spoiled says what was done to a PEM text on its way through a file of settings; ""
// if that is not to be seen.
func spoiled(data []byte) string {
	text := strings.TrimSpace(string(data))
	switch {
	case strings.Contains(text, `\\n`):
		return `its line breaks are written as \\n; write \n, with one backslash`
	case strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'"):
		return "it stands in quotes; leave them out"
	case oneLine.MatchString(string(withLines(data))):
		return `its line breaks are lost; put each back, or write \n for it`
	case strings.Count(text, "-----BEGIN ") > strings.Count(text, "-----END "):
		return "it is cut short: a BEGIN has no END"
	}
	return ""
}

// oneLine is a BEGIN line with more behind it.
var oneLine = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]+-----[ \t]*[^ \t\r\n]`)

// whatIsIn says what a text without a PEM block holds, and what to do.
func whatIsIn(data []byte) string {
	what := What(data)
	switch {
	case what == "a PEM text" && spoiled(data) != "":
		return spoiled(data)
	case what == "a PEM text":
		return "a BEGIN is in it, but not at the start of a line: are its line breaks lost?"
	case what == "an SSH public key":
		return "it is an SSH public key; convert it with: ssh-keygen -e -m PKCS8 -f key.pub"
	case strings.HasPrefix(what, "a private key in DER"):
		return "it is " + what + "; convert it with: openssl pkey -inform DER -in key.der -out key.pem"
	case strings.HasPrefix(what, "a public key in DER"):
		return "it is " + what + "; convert it with: openssl pkey -pubin -inform DER -in key.der -pubout -out key.pem"
	case strings.HasPrefix(what, "a certificate in DER"):
		return "it is " + what + "; convert it with: openssl x509 -inform DER -in cert.der -out cert.pem"
	case what != "":
		return "it is " + what + "; PEM is wanted"
	case len(data) > 2 && data[0] == 0x30 && data[1] >= 0x80:
		return "it begins like DER or PKCS#12; convert it to PEM with openssl pkey -inform DER, or openssl pkcs12 -nodes"
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")):
		return "it begins like JSON; PEM is wanted"
	}
	return fmt.Sprintf("nothing in its %d bytes begins with -----BEGIN; for a path use keys.Load, for a secret keys.NewSecret", len(data))
}

func isSSHPublicKey(text []byte) bool {
	for _, prefix := range []string{"ssh-rsa ", "ssh-dss ", "ssh-ed25519 ", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"} {
		if bytes.HasPrefix(text, []byte(prefix)) {
			return true
		}
	}
	return false
}

// isJWK reports whether text is a JWK, a JWK Set (RFC 7517 sections 4.1, 5.1), or
// the array of one.
func isJWK(text []byte) bool {
	var members struct{ Kty, Keys json.RawMessage }
	if bytes.HasPrefix(text, []byte("{")) && json.Unmarshal(text, &members) == nil {
		return members.Kty != nil || members.Keys != nil
	}
	var list []json.RawMessage
	return bytes.HasPrefix(text, []byte("[")) && json.Unmarshal(text, &list) == nil && len(list) > 0 && isJWK(bytes.TrimSpace(list[0]))
}

// derIn says what key file data is in DER. What stands behind it, as a line break,
// does not matter.
func derIn(data []byte) string {
	var whole asn1.RawValue
	if _, err := asn1.Unmarshal(data, &whole); err != nil || whole.Tag != asn1.TagSequence {
		return ""
	}
	data = whole.FullBytes
	for _, parse := range []func([]byte) (any, error){parsePKCS8, parsePKCS1, parseSEC1} {
		if _, err := parse(data); err == nil {
			return "a private key"
		}
	}
	if _, err := x509.ParsePKCS1PublicKey(data); err == nil {
		return "a public key"
	}
	if _, err := x509.ParseCertificate(data); err == nil {
		return "a certificate"
	}
	// Of kinds, too, that package x509 does not know (RFC 5280 section 4.1, RFC 5958
	// section 2).
	var public struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if unmarshalDER(data, &public) {
		return "a public key"
	}
	var private struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}
	if _, err := asn1.Unmarshal(data, &private); err == nil {
		return "a private key"
	}
	var encrypted encryptedPKCS8
	if unmarshalDER(data, &encrypted) {
		return "a private key"
	}
	return ""
}

func unbase64(text []byte) ([]byte, bool) {
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(plainText(text, "\"'`,"), "="))
	decoded, err := base64.RawStdEncoding.DecodeString(plain)
	return decoded, err == nil
}

func unhex(text []byte) ([]byte, bool) {
	plain := strings.TrimPrefix(strings.ReplaceAll(plainText(text, "\"'`,:"), `\x`, ""), "0x")
	decoded, err := hex.DecodeString(plain)
	return decoded, err == nil
}

// isSSHType reports whether bytes begin with the name of a kind of SSH key (RFC
// 4253 section 6.6).
func isSSHType(data []byte) bool {
	return len(data) > 4 && isSSHPublicKey(append(bytes.Clone(data[4:min(len(data), 4+int(data[3]))]), ' '))
}

// foreignBlock says what a PEM block of a type that holds no key for tokens is.
func foreignBlock(blockType, file string) string {
	switch {
	case blockType == "TRUSTED CERTIFICATE":
		return "it holds a certificate in a form of openssl's own; convert it with: openssl x509 -in " + file + " -out certificate.pem"
	case blockType == "OPENSSH PRIVATE KEY":
		return "it holds an OpenSSH private key; convert a copy of it with: ssh-keygen -p -m PKCS8 -f copy"
	case strings.HasPrefix(blockType, "DSA "):
		return dsaKey
	}
	return fmt.Sprintf("it holds a PEM block %.64q, and PRIVATE KEY, PUBLIC KEY or CERTIFICATE is wanted", blockType)
}

const dsaKey = "it holds a DSA key, and no algorithm of tokens is DSA; make a key with: openssl genrsa -out key.pem 2048"

// foreignKeys are object identifiers in the keys that package x509 cannot read.
var foreignKeys = []struct{ oid, text string }{
	{"\x06\x05\x2b\x81\x04\x00\x0a", "it holds a secp256k1 key; tokens are signed on P-256, P-384 or P-521 (RFC 7518 section 3.4)"},
	{"\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01", "it holds a Brainpool key; tokens are signed on P-256, P-384 or P-521 (RFC 7518 section 3.4)"},
	{"\x06\x07\x2a\x86\x48\xce\x3d\x01\x01", "it spells out its curve instead of naming it; rewrite it with: openssl ec -in key.pem -param_enc named_curve -out named.pem"},
	{"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "it holds an RSA key marked for PSS only; for PS256 make a plain RSA key (openssl genrsa -out key.pem 2048) and say keys.WithAlgorithm(\"PS256\")"},
	{"\x06\x03\x2b\x65\x6e", keycheck.CannotSign},
	{"\x06\x03\x2b\x65\x71", "it holds an Ed448 key; of the Edwards curves only Ed25519 is read"},
	{"\x06\x07\x2a\x86\x48\xce\x38\x04\x01", dsaKey},
}

func foreignKey(der []byte) string {
	for _, foreign := range foreignKeys {
		if bytes.Contains(der, []byte(foreign.oid)) {
			return foreign.text
		}
	}
	return ""
}
