package core

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// parse returns the one key in text: a private key and its public half, or nil
// and a public key. On nil, nil what is wrong has been noted.
func (p *keyProblems) parse(text keyText) (private crypto.Signer, public crypto.PublicKey) {
	if text.failed {
		return nil, nil
	}
	if len(bytes.TrimSpace(text.data)) == 0 {
		p.add(text.about, "it is empty")
		return nil, nil
	}
	blocks, err := pemBlocks(text.data)
	if err != nil {
		p.add(text.about, "%w", err)
		return nil, nil
	}
	failed := false
	for _, block := range blocks {
		priv, pub, err := parseBlock(block, text.file())
		if err == nil && pub != nil {
			err = checkStrength(pub)
		}
		switch {
		case err != nil:
			p.add(text.about, "%w", err)
			failed = true
		case pub == nil: // a block beside the key, without one
		case public != nil && !samePublic(public, pub):
			p.add(text.about, "it holds several keys that do not belong together; leave one in it, and combine keys with Keys")
			return nil, nil
		default:
			public = pub
			if priv != nil {
				private = priv
			}
		}
	}
	if failed {
		return nil, nil
	}
	if public == nil {
		p.add(text.about, "it holds EC parameters and no key; make one with: openssl ecparam -name prime256v1 -genkey -noout -out key.pem")
	}
	return private, public
}

// pemBlocks returns the blocks of a PEM text, at least one. Unlike package pem
// it fails on a damaged block among sound ones: the key that then is missing
// might be the private one.
func pemBlocks(data []byte) ([]*pem.Block, error) {
	// Package pem wants every line to begin at its margin. A byte order mark,
	// and the indentation of a YAML file, are no part of the key.
	lines := bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
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
		return nil, errors.New("a PEM block in it is damaged: the BEGIN and END lines stand alone, match, and have nothing but base64 between them")
	}
	return blocks, nil
}

// parseBlock returns the key in one block; nothing for EC parameters. File is
// the name that commands in errors use.
func parseBlock(block *pem.Block, file string) (private crypto.Signer, public crypto.PublicKey, err error) {
	if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") || block.Type == "ENCRYPTED PRIVATE KEY" {
		return nil, nil, errors.New("the private key in it is encrypted; decrypt it with: openssl pkey -in " + file + " -out decrypted.pem")
	}
	switch block.Type {
	case "EC PARAMETERS":
		// openssl ecparam -genkey repeats the curve before the key.
		return nil, nil, nil
	case "PRIVATE KEY":
		private, err = parsePrivate(block.Bytes, parsePKCS8, parsePKCS1, parseSEC1)
	case "RSA PRIVATE KEY":
		private, err = parsePrivate(block.Bytes, parsePKCS1, parsePKCS8)
	case "EC PRIVATE KEY":
		private, err = parsePrivate(block.Bytes, parseSEC1, parsePKCS8)
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		if public, err = x509.ParsePKCS1PublicKey(block.Bytes); err != nil {
			public, err = x509.ParsePKIXPublicKey(block.Bytes)
		}
	default:
		return nil, nil, errors.New(foreignBlock(block.Type, file))
	}
	if err != nil {
		return nil, nil, unreadable(block, err)
	}
	if private != nil {
		public = private.Public()
	}
	return private, public, nil
}

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
			return nil, errors.New(cannotSign)
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func parsePKCS8(der []byte) (any, error) { return x509.ParsePKCS8PrivateKey(der) }
func parsePKCS1(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) }
func parseSEC1(der []byte) (any, error)  { return x509.ParseECPrivateKey(der) }

// unreadable explains why a block of a known type could not be read.
func unreadable(block *pem.Block, err error) error {
	if found := foreignKey(block.Bytes); found != "" {
		return errors.New(found)
	}
	var syntax asn1.SyntaxError
	var structure asn1.StructuralError
	if errors.As(err, &syntax) || errors.As(err, &structure) {
		return errors.New("the " + block.Type + " in it is damaged or cut short")
	}
	return fmt.Errorf("the %s in it is invalid: %w", block.Type, err)
}
