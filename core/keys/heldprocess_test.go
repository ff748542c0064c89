package keys_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// commandSigner has a command sign, in a process of its own that alone reads the
// private key. When ctx ends, the process is killed.
type commandSigner struct {
	public  crypto.PublicKey
	keyFile string
}

func (s commandSigner) Public() crypto.PublicKey { return s.public }

func (s commandSigner) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	_, pss := opts.(*rsa.PSSOptions)
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestSignerProcess$")
	cmd.Env = append(os.Environ(), "TEST_SIGNER_KEY="+s.keyFile,
		"TEST_SIGNER_HASH="+strconv.Itoa(int(opts.HashFunc())), "TEST_SIGNER_PSS="+strconv.FormatBool(pss))
	cmd.Stdin = bytes.NewReader(digest)
	signature, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return signature, err
}

// TestSignerProcess is the command: it signs its standard input and writes the
// signature to its standard output.
func TestSignerProcess(t *testing.T) {
	path := os.Getenv("TEST_SIGNER_KEY")
	if path == "" {
		t.Skip("the other process of TestSignerInAnotherProcess")
	}
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	digest, err := io.ReadAll(os.Stdin)
	fail(err)
	text, err := os.ReadFile(path)
	fail(err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	fail(err)
	hash, err := strconv.Atoi(os.Getenv("TEST_SIGNER_HASH"))
	fail(err)
	opts := crypto.SignerOpts(crypto.Hash(hash))
	if os.Getenv("TEST_SIGNER_PSS") == "true" {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.Hash(hash)}
	}
	signature, err := key.(crypto.Signer).Sign(rand.Reader, digest, opts)
	fail(err)
	_, err = os.Stdout.Write(signature)
	fail(err)
	os.Exit(0)
}

// TestSignerInAnotherProcess: the tokens of a key that this process never sees
// are those of any other key.
func TestSignerInAnotherProcess(t *testing.T) {
	for _, held := range heldKeys {
		path := "../testdata/keys/" + held.file
		public := goKey(t, held.file).Public()
		for alg := range strings.FieldsSeq(held.algorithms) {
			key, err := keys.New(commandSigner{public, path}, keys.WithAlgorithm(alg), keys.WithID("k"))
			if err != nil {
				t.Fatalf("%s: %v", alg, err)
			}
			wantIssues(t, alg, key, coretest.PemKey(t, held.file, keys.WithAlgorithm(alg), keys.WithID("k")))
		}
	}
	gone, err := keys.New(commandSigner{goKey(t, "ec-p256-pkcs8.pem").Public(), "no such file"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = core.Encoder(gone)(t.Context(), nil, core.Payload{})
	if !errors.Is(err, core.Unavailable) {
		t.Errorf("a signer that fails: got %v, want Unavailable", err)
	}
}

// A key that another process holds, or a device, or a service: whatever signs
// with it has two methods. Here it is a command, and the program that issues
// tokens never sees the private key.
func ExampleNew() {
	public := publicKeyOf("../testdata/keys/ec-p256-spki.pem")
	key, err := keys.New(commandSigner{public, "../testdata/keys/ec-p256-pkcs8.pem"},
		keys.WithID("2026-01"), keys.WithSignTimeout(5*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := core.Encoder(key)(context.Background(), nil, core.Payload{"sub": "joe", "exp": time.Now().Unix() + 60})
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := core.Decoder(key, core.ClaimRules{})(context.Background(), token)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(key)
	fmt.Println(claims.Subject())
	// Output:
	// Key{ES256, id "2026-01", can sign}
	// joe
}

func publicKeyOf(path string) crypto.PublicKey {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return key
}
