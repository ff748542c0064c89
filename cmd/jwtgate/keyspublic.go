package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/jwtgate/jwtgate/core/keys"
)

var keysPublic = command{
	name:  "keys public",
	args:  "[FILE]",
	short: "print the public half of a key, for those who verify",
	long: `FILE is a private key, as keys new or openssl writes it, unencrypted; without FILE
it is read from standard input. The same with openssl: openssl pkey -in FILE -pubout`,
	flags: func(*flag.FlagSet) runner {
		return func(_ context.Context, e *env, args []string) (int, error) {
			file, err := atMostOne(args)
			if err != nil {
				return misused, err
			}
			text, err := e.readFile(file)
			if err != nil {
				return unknown, err
			}
			public, err := publicPEM(text)
			if err != nil {
				return no, err
			}
			return yes, e.print(map[string]string{"public_key": string(public)}, func(w io.Writer) {
				fmt.Fprintf(w, "%s", public)
			})
		}
	},
}

var keysJWKS = command{
	name:  "keys jwks",
	args:  "FILE...",
	short: "print keys as a JWK Set (RFC 7517), public halves alone",
	long: `Each FILE holds one key: PEM, certificate or JWK. Each has the id under which a
server of ours would publish it: its own, or its thumbprint (RFC 7638).`,
	flags: func(fs *flag.FlagSet) runner {
		id := fs.String("id", "", "`kid` of the key, of one FILE")
		alg := fs.String("alg", "", "`algorithm` of the keys, as RS256 where a key fits several")
		return func(_ context.Context, e *env, args []string) (int, error) {
			if len(args) == 0 || *id != "" && len(args) != 1 {
				return misused, usagef("name the files: one, with -id")
			}
			var opts []keys.Option
			if *id != "" {
				opts = append(opts, keys.WithID(*id))
			}
			if *alg != "" {
				opts = append(opts, keys.WithAlgorithm(*alg))
			}
			set := struct {
				Keys []json.RawMessage `json:"keys"`
			}{[]json.RawMessage{}}
			for _, file := range args {
				jwk, err := publicJWK(file, opts)
				if err != nil {
					return no, err
				}
				set.Keys = append(set.Keys, jwk)
			}
			e.json = true // it has no other form
			return yes, e.print(set, nil)
		}
	},
}

// publicJWK is what a server publishes of the key in the file.
func publicJWK(file string, opts []keys.Option) ([]byte, error) {
	key, err := keys.Load(file, opts...)
	if err != nil {
		return nil, err
	}
	if key, err = key.Public(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if key.ID() == "" {
		id, err := key.Thumbprint()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return publicJWK(file, append(opts, keys.WithID(id)))
	}
	return key.JWK()
}

// publicPEM is the public half of a private key, both as PEM.
func publicPEM(text []byte) ([]byte, error) {
	if _, err := keys.Parse(text); err != nil { // which has the better words
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("no PEM; of a JWK keys jwks makes the public half")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a block %q holds no private key that can be read here", block.Type)
	}
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.(crypto.Signer).Public())
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// readFile reads a file, or standard input where there is none, of at most 1 MiB.
func (e *env) readFile(file string) ([]byte, error) {
	in := e.stdin
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, 1<<20))
}
