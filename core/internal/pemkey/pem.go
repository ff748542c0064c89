// Package pemkey reads keys in PEM, and says what a text is that holds none.
package pemkey

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/keycheck"
)

// Key is what one block holds: a private key and its public half, a public
// key alone, or a certificate and its public key. Without a public key it is a
// block that may stand beside a key.
type Key struct {
	Private     crypto.Signer
	Public      crypto.PublicKey
	certificate *x509.Certificate
}

// Options are what may be said of a PEM text.
type Options struct {
	Passphrase []byte // nil: none is given
	Expired    bool   // the dates of certificates do not count
}

// Parse returns the keys in a PEM text in their order, each once and with its
// private half if that is there too.
func Parse(text Text, o Options) (keys []Key, err error) {
	if len(bytes.TrimSpace(text.Data)) == 0 {
		return nil, errors.New("it is empty")
	}
	blocks, err := pemBlocks(text.Data)
	if err != nil {
		return nil, err
	}
	var all []Key
	encrypted := false
	for _, block := range blocks {
		key, err := parseBlock(block, text.File(), o)
		if err != nil {
			return nil, err
		}
		encrypted = encrypted || block.Type == encryptedBlock
		all = append(all, key)
	}
	if o.Passphrase != nil && !encrypted {
		return nil, errors.New("it is not encrypted, and keys.WithPassphrase is given; leave that out")
	}
	for _, key := range withoutChain(all) {
		if key.Public == nil {
			continue
		}
		if err := keycheck.Strength(key.Public); err != nil {
			return nil, err
		}
		if err := keycheck.Private(key.Private); err != nil {
			return nil, err
		}
		if err := checkCertificate(key.certificate, o.Expired); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(keys, func(k Key) bool { return keycheck.Same(k.Public, key.Public) })
		if i < 0 {
			keys = append(keys, key)
		} else if key.Private != nil {
			keys[i].Private = key.Private
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("it holds EC parameters and no key; make one with: openssl ecparam -name prime256v1 -genkey -noout -out key.pem")
	}
	return keys, nil
}

// pemBlocks returns the blocks of a PEM text, at least one. Unlike package pem
// it fails on a damaged block among sound ones: the key that then is missing
// might be the private one.
func pemBlocks(data []byte) ([]*pem.Block, error) {
	// Package pem wants every line to begin at its margin. A byte order mark,
	// and the indentation of a YAML file, are no part of the key.
	lines := bytes.Split(bytes.TrimPrefix(withLines(data), []byte("\ufeff")), []byte("\n"))
	begun := 0
	for i, line := range lines {
		lines[i] = bytes.TrimSpace(line)
		if bytes.HasPrefix(lines[i], []byte("-----BEGIN ")) {
			begun++
		}
	}
	if begun == 0 {
		return nil, errors.New("no PEM block in it; " + whatIsIn(data))
	}
	var blocks []*pem.Block
	rest := bytes.Join(lines, []byte("\n"))
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		blocks = append(blocks, block)
	}
	if len(blocks) != begun {
		return nil, errors.New("a PEM block in it is damaged: " + cmp.Or(spoiled(data), "the BEGIN and END lines stand alone, match, and have nothing but base64 between them"))
	}
	return blocks, nil
}

const encryptedBlock = "ENCRYPTED PRIVATE KEY"

// parseBlock returns the key in one block; nothing for EC parameters. File is
// the name that commands in errors use.
func parseBlock(block *pem.Block, file string, o Options) (key Key, err error) {
	if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return key, errors.New(encryptedOldForm + file + encryptedOldFormTo)
	}
	der := block.Bytes
	switch block.Type {
	case "EC PARAMETERS":
		// openssl ecparam -genkey repeats the curve before the key.
		return key, nil
	case encryptedBlock:
		if o.Passphrase == nil {
			return key, errors.New("the private key in it is encrypted; say keys.WithPassphrase, or decrypt it with: openssl pkey -in " + file + " -out decrypted.pem")
		}
		if der, err = decryptPKCS8(der, o.Passphrase); err != nil {
			return key, fmt.Errorf("the encrypted private key in it: %w; openssl may read it: openssl pkey -in %s -out decrypted.pem", err, file)
		}
		key.Private, err = parsePrivate(der, parsePKCS8)
	case "PRIVATE KEY":
		key.Private, err = parsePrivate(der, parsePKCS8, parsePKCS1, parseSEC1)
	case "RSA PRIVATE KEY":
		key.Private, err = parsePrivate(der, parsePKCS1, parsePKCS8)
	case "EC PRIVATE KEY":
		key.Private, err = parsePrivate(der, parseSEC1, parsePKCS8)
	case "PUBLIC KEY":
		key.Public, err = x509.ParsePKIXPublicKey(der)
	case "RSA PUBLIC KEY":
		if key.Public, err = x509.ParsePKCS1PublicKey(der); err != nil {
			key.Public, err = x509.ParsePKIXPublicKey(der)
		}
	case "CERTIFICATE", "X509 CERTIFICATE":
		if key.certificate, err = x509.ParseCertificate(der); err == nil {
			if key.Public = key.certificate.PublicKey; key.Public == nil {
				return key, unknownCertified(key.certificate)
			}
		}
	default:
		return key, errors.New(foreignBlock(block.Type, file))
	}
	if err != nil {
		return key, unreadable(block.Type, der, err)
	}
	if key.Private != nil {
		key.Public = key.Private.Public()
	}
	return key, nil
}

// Openssl before 1.0 wrote it, and "openssl rsa -traditional -aes128" does: one
// round of MD5 makes its key. What is in it is as good as unprotected.
const (
	encryptedOldForm   = "the private key in it is encrypted in an old form that hardly protects it (Proc-Type); decrypt it with: openssl pkey -in "
	encryptedOldFormTo = " -out decrypted.pem, or encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in decrypted.pem -out encrypted.pem"
)

// parsePrivate tries the format of the block's label and then the ones that
// some programs put under that label; the error is that of the first.
func parsePrivate(der []byte, formats ...func([]byte) (any, error)) (crypto.Signer, error) {
	var first error
	for _, parse := range formats {
		key, err := parse(der)
		if signer, ok := key.(crypto.Signer); ok && err == nil {
			return signer, nil
		}
		if err == nil {
			// The one private key of the standard library without Sign.
			return nil, errors.New(keycheck.CannotSign)
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func parsePKCS8(der []byte) (any, error) { return x509.ParsePKCS8PrivateKey(der) }

func parsePKCS1(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) }

func parseSEC1(der []byte) (any, error) { return x509.ParseECPrivateKey(der) }

// unreadable explains why a block of a known type could not be read.
func unreadable(blockType string, der []byte, err error) error {
	if found := foreignKey(der); found != "" {
		return errors.New(found)
	}
	var syntax asn1.SyntaxError
	var structure asn1.StructuralError
	if errors.As(err, &syntax) || errors.As(err, &structure) {
		return errors.New("the " + blockType + " in it is damaged or cut short")
	}
	return fmt.Errorf("the %s in it is invalid: %w", blockType, err)
}
