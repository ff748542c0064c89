package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"

	"github.com/jwtgate/jwtgate/core/keys"
)

var keysPublic = command{
	name:  "keys public",
	args:  "[FILE]",
	short: "print the public half of a key, for those who verify",
	long: `FILE holds a key: PEM, certificate or JWK, unencrypted; without FILE, and as -, it
is read from standard input. The same with openssl: openssl pkey -in FILE -pubout`,
	flags: func(*flag.FlagSet) runner {
		return func(_ context.Context, e *env, args []string) (int, error) {
			file, err := atMostOne(args)
			if err != nil {
				return misused, err
			}
			list, err := e.readKeys(file, nil)
			if err == nil && len(list) > 1 {
				err = fmt.Errorf("it is a set of %d keys, and one is wanted", len(list))
			}
			var public []byte
			if err == nil {
				public, err = publicPEM(list[0])
			}
			if err != nil {
				return blame(err), about(file, err)
			}
			e.tell("public_key", string(public))
			return yes, nil
		}
	},
}

var keysJWKS = command{
	name:  "keys jwks",
	args:  "FILE...",
	short: "print keys as a JWK Set (RFC 7517), public halves alone",
	long: `Each FILE holds a key, as PEM, certificate or JWK, or a JWK Set; - is standard
input. Each key has the id under which a server of ours would publish it: its own,
or its thumbprint (RFC 7638).`,
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
				more, err := e.readJWKs(file, opts, set.Keys)
				if err != nil {
					return blame(err), about(file, err)
				}
				set.Keys = append(set.Keys, more...)
			}
			e.json = true // it has no other form
			return yes, e.print(set, nil)
		}
	},
}

// readJWKs are the keys of a file as they are published, none of which may be among
// those that are there.
func (e *env) readJWKs(file string, opts []keys.Option, there []json.RawMessage) (list []json.RawMessage, err error) {
	read, err := e.readKeys(file, opts)
	for _, key := range read {
		jwk, err := publicJWK(key)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(there, func(other json.RawMessage) bool { return bytes.Equal(other, jwk) }) {
			return nil, fmt.Errorf("the key %q is there already", key.ID())
		}
		list = append(list, jwk)
	}
	return list, err
}

// readKeys are those of a file, or of standard input.
func (e *env) readKeys(file string, opts []keys.Option) ([]*keys.Key, error) {
	text, err := e.readFile(file)
	if err != nil {
		return nil, err
	}
	if !isSet(text) {
		key, err := keys.Parse(text, opts...)
		if err != nil {
			return nil, err
		}
		return []*keys.Key{key}, nil
	}
	set, err := keys.ParseSet(text, opts...)
	if err == nil && len(set.Skipped()) > 0 {
		err = set.Skipped()[0]
	}
	if err != nil {
		return nil, err
	}
	return set.Keys(), nil
}

// isSet reports whether a text is meant as a JWK Set.
func isSet(text []byte) bool {
	var set struct{ Keys json.RawMessage }
	return json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &set) == nil && set.Keys != nil
}

// about says which file an error is about, if the system has not said it.
func about(file string, err error) error {
	if file == "" || file == "-" || blame(err) == unknown {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}

// publicJWK is what a server publishes of the key.
func publicJWK(key *keys.Key) ([]byte, error) {
	public, err := key.Public()
	if err != nil {
		return nil, err
	}
	return public.JWK()
}

// publicPEM is the public half in PEM.
func publicPEM(key *keys.Key) ([]byte, error) {
	jwk, err := publicJWK(key)
	if err != nil {
		return nil, err
	}
	var m struct{ Kty, Alg, N, E, X, Y string }
	if err := json.Unmarshal(jwk, &m); err != nil {
		return nil, err
	}
	bytesOf := func(text string) []byte {
		b, _ := base64.RawURLEncoding.DecodeString(text) // which was written a moment ago
		return b
	}
	switch m.Kty {
	case "RSA":
		return blockOf(&rsa.PublicKey{N: new(big.Int).SetBytes(bytesOf(m.N)), E: int(new(big.Int).SetBytes(bytesOf(m.E)).Int64())})
	case "EC":
		public, err := ecdsa.ParseUncompressedPublicKey(curves[m.Alg], slices.Concat([]byte{4}, bytesOf(m.X), bytesOf(m.Y)))
		if err != nil {
			return nil, err
		}
		return blockOf(public)
	}
	return blockOf(ed25519.PublicKey(bytesOf(m.X)))
}

// blockOf is a public key of Go's in PEM.
func blockOf(public any) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// readFile reads a file, or standard input where there is none, of at most 1 MiB.
func (e *env) readFile(file string) ([]byte, error) {
	const most = 1 << 20
	in, name := e.stdin, "standard input"
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in, name = f, file
	} else if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprintln(e.stderr, "reading standard input, to its end (Ctrl-D)")
		}
	}
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s is longer than 1 MiB", name)
	}
	return text, err
}
