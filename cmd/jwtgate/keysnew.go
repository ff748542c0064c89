package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/keys"
)

var keysNew = command{
	name:  "keys new",
	args:  "[FILE]",
	short: "make a key, or an HMAC secret",
	long: `It writes the private key to FILE, which only you may read (0600), in the PEM
that keys.Load and JWT_SECRET_KEY_FILE take (PKCS #8), and its public half beside
it, as FILE without .pem and with .pub.pem. Without FILE, and as -, the key goes to
standard output. A file that is there is never overwritten. Where the file does not
say for which algorithm the key is, a server is told by JWT_ALGORITHM.`,
	flags: func(fs *flag.FlagSet) runner {
		alg := fs.String("alg", "RS256", "`algorithm`: "+strings.Join(algorithmNames(), ", "))
		bits := fs.Int("bits", 2048, "`size` of an RSA key in bits, from 2048 to 8192")
		return func(_ context.Context, e *env, args []string) (int, error) {
			file, err := atMostOne(args)
			if err != nil {
				return misused, err
			}
			made, err := makeKey(*alg, *bits, file)
			if err != nil {
				return unknown, err
			}
			if file == "" || file == "-" {
				e.tell("key", string(made.private))
				return yes, nil
			}
			if err := made.write(file); err != nil {
				return unknown, err
			}
			return yes, e.print(made, made.tell)
		}
	},
}

// madeKey is a new key and where it went.
type madeKey struct {
	Algorithm string   `json:"algorithm"`
	ID        string   `json:"kid,omitempty"`
	Private   string   `json:"private_file,omitempty"`
	Public    string   `json:"public_file,omitempty"`
	Secret    string   `json:"secret_file,omitempty"`
	OpenSSL   []string `json:"openssl"` // that do the same
	// Setting is what a server needs beside the file, as that does not say it.
	Setting string `json:"setting,omitempty"`

	private, public []byte
}

func (m *madeKey) tell(w io.Writer) {
	switch {
	case m.Secret != "":
		fmt.Fprintf(w, "%s  the secret, for %s; whoever has it can issue tokens\n", m.Secret, m.Algorithm)
	default:
		fmt.Fprintf(w, "%s  the private key, for %s; it stays where tokens are issued\n", m.Private, m.Algorithm)
		fmt.Fprintf(w, "%s  the public key, for those who verify; its kid is %s\n", m.Public, m.ID)
	}
	tellSetting(w, m.Setting)
	fmt.Fprintln(w, "\nThe same with openssl:")
	for _, line := range m.OpenSSL {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

func tellSetting(w io.Writer, setting string) {
	if setting != "" {
		fmt.Fprintf(w, "a server that has it needs %s besides: the file does not say it\n", setting)
	}
}

var curves = map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}

// secretBytes are the least that RFC 7518 section 3.2 asks for.
var secretBytes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

func algorithmNames() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512"}
}

// makeKey makes a key for the algorithm, and says how openssl makes it in that file.
func makeKey(alg string, bits int, file string) (*madeKey, error) {
	m := &madeKey{Algorithm: alg}
	if file == "" {
		file = "key.pem"
	}
	public := quoted(publicFile(file))
	file = quoted(file)
	var key crypto.Signer
	var err error
	switch {
	case !slices.Contains(algorithmNames(), alg):
		return nil, usagef("-alg %s: want one of %s%s", alg, strings.Join(algorithmNames(), ", "), meant(alg, algorithmNames()))
	case alg == "EdDSA" || alg == "Ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
		m.OpenSSL = []string{"openssl genpkey -algorithm ed25519 -out " + file}
	case curves[alg] != nil:
		key, err = ecdsa.GenerateKey(curves[alg], rand.Reader)
		m.OpenSSL = []string{"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:" + curves[alg].Params().Name + " -out " + file}
	case secretBytes[alg] > 0:
		secret := make([]byte, secretBytes[alg])
		_, _ = rand.Read(secret)
		m.private = []byte(base64.RawURLEncoding.EncodeToString(secret) + "\n")
		m.OpenSSL = []string{fmt.Sprintf("openssl rand -base64 %d > %s", secretBytes[alg], file)}
		if alg != "HS256" {
			m.Setting = "JWT_ALGORITHM=" + alg
		}
		return m, nil
	default: // RS and PS
		if bits < 2048 || bits > 8192 {
			return nil, usagef("-bits %d: want 2048 to 8192", bits)
		}
		key, err = rsa.GenerateKey(rand.Reader, bits)
		m.OpenSSL = []string{fmt.Sprintf("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:%d -out %s", bits, file)}
	}
	if err != nil {
		return nil, err
	}
	m.OpenSSL = append(m.OpenSSL, fmt.Sprintf("openssl pkey -in %s -pubout -out %s", file, public))
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	m.private = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	k, err := keys.Parse(m.private, keys.WithAlgorithm(alg))
	if err != nil {
		return nil, err
	}
	m.ID = k.ID()
	if k, err = keys.Parse(m.private); err != nil {
		return nil, err
	}
	if !k.Allows(alg) {
		m.Setting = "JWT_ALGORITHM=" + alg
	}
	m.public, err = blockOf(key.Public())
	return m, err
}

// write writes the files, or none of them.
func (m *madeKey) write(file string) error {
	if m.public == nil {
		m.Secret = file
		return writeNew(file, m.private, 0o600)
	}
	m.Private, m.Public = file, publicFile(file)
	if _, err := os.Lstat(m.Public); err == nil {
		return fmt.Errorf("%s is there already; name another file, or remove it", m.Public)
	}
	if err := writeNew(m.Private, m.private, 0o600); err != nil {
		return err
	}
	if err := writeNew(m.Public, m.public, 0o644); err != nil {
		_ = os.Remove(m.Private)
		return err
	}
	return nil
}

// publicFile is where the public half of a key goes.
func publicFile(file string) string {
	return strings.TrimSuffix(file, ".pem") + ".pub.pem"
}

// quoted is a file as a shell takes it, also where it has a space or begins with a dash.
func quoted(file string) string {
	if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	if plainFile.MatchString(file) {
		return file
	}
	return "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
}

var plainFile = regexp.MustCompile(`^[\w./:@%+=,-]+$`)

// writeNew writes a file that is not there yet, and leaves no half of one.
func writeNew(file string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another file, or remove it", file)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(file)
	}
	return err
}

// atMostOne is the one argument, or none.
func atMostOne(args []string) (string, error) {
	switch len(args) {
	case 0:
		return "", nil
	case 1:
		return args[0], nil
	}
	return "", usagef("one file, not %d", len(args))
}
