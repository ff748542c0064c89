package coretest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

const KeySecret = "36b3216fdaeeb975729fae923d5a4fd12aabfe228f219e9cb0eb53f16947ccf2" // 64 bytes

// KeyFile reads a file of testdata/keys.
func KeyFile(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join("testdata", "keys", name)
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join("..", path) // of a room below core
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func SecretKey(t testing.TB, opts ...keys.Option) *keys.Key {
	t.Helper()
	key, err := keys.NewSecret([]byte(KeySecret), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func PemKey(t testing.TB, name string, opts ...keys.Option) *keys.Key {
	t.Helper()
	key, err := keys.Parse(KeyFile(t, name), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// EdPEM is a new Ed25519 key: the private one, and its public half.
func EdPEM(t testing.TB) (private, public []byte) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	privDER, errPriv := x509.MarshalPKCS8PrivateKey(priv)
	pubDER, errPub := x509.MarshalPKIXPublicKey(pub)
	if err := errors.Join(errPriv, errPub); err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privDER}),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pubDER})
}

func ParsedKey(t testing.TB, text []byte, opts ...keys.Option) *keys.Key {
	t.Helper()
	key, err := keys.Parse(text, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// EdKey is a new private key with an id.
func EdKey(t testing.TB, id string) *keys.Key {
	t.Helper()
	private, _ := EdPEM(t)
	return ParsedKey(t, private, keys.WithID(id))
}

func NewRing(t testing.TB, cfg keys.RingConfig, list ...keys.RingKey) *keys.Ring {
	t.Helper()
	ring, err := keys.NewRing(cfg, list...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// SignerID is the id of the key that signs, "" if none does.
func SignerID(s keys.Signer) string {
	key, err := s.SigningKey(context.Background())
	if err != nil {
		return ""
	}
	return key.ID()
}

// KeyDir is a directory of keys under test.
type KeyDir struct {
	testing.TB
	Path     string
	Clock    *jwttest.Clock
	Recorder *jwttest.Recorder
}

func NewKeyDir(t testing.TB) *KeyDir {
	return &KeyDir{t, t.TempDir(), jwttest.NewClock(Now), new(jwttest.Recorder)}
}

// Write puts a file there as if it had been written at a time of the clock.
func (d *KeyDir) Write(name string, text []byte, age time.Duration) {
	d.Helper()
	path := filepath.Join(d.Path, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		d.Fatal(err)
	}
	written := d.Clock.Now().Add(-age)
	if err := os.Chtimes(path, written, written); err != nil {
		d.Fatal(err)
	}
}

// Private writes a new private key and returns its id.
func (d *KeyDir) Private(name string, age time.Duration) (id string) {
	d.Helper()
	text, _ := EdPEM(d)
	d.Write(name, text, age)
	return Thumbprint(d, text)
}

func Thumbprint(t testing.TB, text []byte) string {
	t.Helper()
	id, err := ParsedKey(t, text).Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (d *KeyDir) Rename(from, to string) {
	d.Helper()
	if err := os.Rename(filepath.Join(d.Path, from), filepath.Join(d.Path, to)); err != nil {
		d.Fatal(err)
	}
}

func (d *KeyDir) Remove(name string) {
	d.Helper()
	if err := os.Remove(filepath.Join(d.Path, name)); err != nil {
		d.Fatal(err)
	}
}

func (d *KeyDir) Config() keys.RingConfig {
	return keys.RingConfig{Now: d.Clock.Now, Observer: core.KeyObserver(d.Recorder)}
}

func (d *KeyDir) Load() *keys.Dir {
	d.Helper()
	ring, err := keys.LoadDir(d.Path, d.Config())
	if err != nil {
		d.Fatal(err)
	}
	return ring
}

func (d *KeyDir) Reload(ring *keys.Dir) {
	d.Helper()
	if err := ring.Reload(context.Background()); err != nil {
		d.Fatal(err)
	}
}

// Signs checks who signs. The names are those of the ids given.
func (d *KeyDir) Signs(when string, ring *keys.Dir, want string) {
	d.Helper()
	if got := SignerID(ring); got != want {
		d.Errorf("%s: %s signs, want %s", when, got, want)
	}
}

const Hour = time.Hour
