package pemkey

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// maxPBKDF2 bounds the rounds that a file can ask for; ten million take seconds.
const maxPBKDF2 = 10_000_000

// The structures of an encrypted PKCS#8 key with PBES2 (RFC 5958 section 3, RFC
// 8018 appendix A).
type (
	encryptedPKCS8 struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2Parameters struct {
		Derivation, Encryption pkix.AlgorithmIdentifier
	}
	pbkdf2Parameters struct {
		Salt   []byte // utf8, or "otherSource", which nobody uses
		Rounds int
		Length int                      `asn1:"optional"`
		PRF    pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}

	// The hashes that openssl 1.1 (SHA-256), openssl 1.0 (SHA-1) and their
	// options (-v2prf) make keys with. HMAC hides what is broken in SHA-1.
	pbkdf2Hashes = map[string]func() hash.Hash{
		"":                    sha1.New, // the default of RFC 8018
		"1.2.840.113549.2.7":  sha1.New,
		"1.2.840.113549.2.9":  sha256.New,
		"1.2.840.113549.2.10": sha512.New384,
		"1.2.840.113549.2.11": sha512.New,
	}
	// AES-CBC by the bytes of its key (RFC 3565 section 4.1).
	aesSizes = map[string]int{
		"2.16.840.1.101.3.4.1.2":  16,
		"2.16.840.1.101.3.4.1.22": 24,
		"2.16.840.1.101.3.4.1.42": 32,
	}
)

// decryptPKCS8 returns the PKCS#8 key in der. What other programs write (PBES1
// and PKCS#12 with DES and RC2, scrypt, which the standard library has not) it
// does not read.
func decryptPKCS8(der, passphrase []byte) ([]byte, error) {
	var (
		outer   encryptedPKCS8
		scheme  pbes2Parameters
		derived pbkdf2Parameters
		iv      []byte
	)
	if !unmarshalDER(der, &outer) {
		return nil, errors.New("it is damaged or cut short")
	}
	if !outer.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, fmt.Errorf("encrypted by the scheme %v; only PBES2 is read (RFC 8018 section 6.2)", outer.Algorithm.Algorithm)
	}
	if !unmarshalDER(outer.Algorithm.Parameters.FullBytes, &scheme) {
		return nil, errors.New("it is damaged or cut short")
	}
	if scheme.Derivation.Algorithm.Equal(oidScrypt) {
		return nil, errors.New("encrypted with scrypt; only PBKDF2 is read")
	}
	if !scheme.Derivation.Algorithm.Equal(oidPBKDF2) || !unmarshalDER(scheme.Derivation.Parameters.FullBytes, &derived) {
		return nil, fmt.Errorf("encrypted with a key by %v; only PBKDF2 with a salt is read", scheme.Derivation.Algorithm)
	}
	prf := ""
	if derived.PRF.Algorithm != nil {
		prf = derived.PRF.Algorithm.String()
	}
	newHash := pbkdf2Hashes[prf]
	if newHash == nil {
		return nil, fmt.Errorf("encrypted with PBKDF2 by %s; only HMAC with SHA-1, SHA-256, SHA-384 and SHA-512 is read", prf)
	}
	if derived.Rounds < 1 || derived.Rounds > maxPBKDF2 {
		return nil, fmt.Errorf("encrypted with %d rounds of PBKDF2; from 1 to %d are read", derived.Rounds, maxPBKDF2)
	}
	size := aesSizes[scheme.Encryption.Algorithm.String()]
	if size == 0 {
		return nil, fmt.Errorf("encrypted with the cipher %v; only AES in CBC mode is read", scheme.Encryption.Algorithm)
	}
	if !unmarshalDER(scheme.Encryption.Parameters.FullBytes, &iv) || len(iv) != aes.BlockSize ||
		len(outer.Data) == 0 || len(outer.Data)%aes.BlockSize != 0 || derived.Length != 0 && derived.Length != size {
		return nil, errors.New("it is damaged or cut short")
	}
	key, err := pbkdf2.Key(newHash, string(passphrase), derived.Salt, derived.Rounds, size)
	if err != nil {
		return nil, err
	}
	return decryptCBC(key, iv, outer.Data)
}

func decryptCBC(key, iv, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	// The padding of RFC 8018 section 6.1.1, and then a SEQUENCE: with a wrong
	// passphrase one key in 256 would get past the padding alone.
	n := int(plain[len(plain)-1])
	wrong := errors.New("the passphrase is wrong, or the key is damaged")
	if n == 0 || n > aes.BlockSize || !bytes.Equal(plain[len(plain)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, wrong
	}
	var sequence asn1.RawValue
	if plain = plain[:len(plain)-n]; !unmarshalDER(plain, &sequence) {
		return nil, wrong
	}
	return plain, nil
}

// unmarshalDER reads der, which must be all of it.
func unmarshalDER(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}
