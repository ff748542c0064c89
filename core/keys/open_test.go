package keys_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestOpenKeyFile: a file that signs and that every user of the machine can read
// or change is told to the Observer when the program starts, by whatever way the
// key came in, and refused to nobody.
func TestOpenKeyFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the mode of a file says nothing there")
	}
	private, public, secret := coretest.KeyFile(t, "rsa-pkcs8.pem"), coretest.KeyFile(t, "rsa-spki.pem"), []byte(coretest.KeySecret+"\n")
	oct := []byte(`{"kty":"oct","alg":"HS256","kid":"k","k":"` + base64.RawURLEncoding.EncodeToString([]byte(coretest.KeySecret)) + `"}`)
	type config = core.Config[*core.Claims]
	key := func(k *keys.Key, err error) (config, error) { return config{Keys: k}, err }
	env := func(cfg config, entries ...string) (config, error) {
		err := cfg.ReadEnv("JWT_", entries)
		return cfg, err
	}
	for _, tt := range []struct {
		name string
		text []byte
		load func(path string, seen core.Observer) (config, error)
		told bool // if the mode is open
	}{
		{"Load", private, func(path string, _ core.Observer) (config, error) { return key(keys.Load(path)) }, true},
		{"Load of a public key", public, func(path string, _ core.Observer) (config, error) { return key(keys.Load(path)) }, false},
		{"Load of a JWK", oct, func(path string, _ core.Observer) (config, error) { return key(keys.Load(path)) }, true},
		{"LoadPair", private, func(path string, _ core.Observer) (config, error) {
			return key(keys.LoadPair(path, filepath.Join("..", "testdata", "keys", "rsa-spki.pem")))
		}, true},
		{"as Signer", private, func(path string, _ core.Observer) (config, error) {
			k, err := keys.Load(path)
			return config{Keys: coretest.PemKey(t, "rsa-spki.pem"), Signer: k}, err
		}, true},
		{"as both", private, func(path string, _ core.Observer) (config, error) {
			k, err := keys.Load(path)
			return config{Keys: k, Signer: k}, err
		}, true},
		{"keys.LoadSet of PEM", private, func(path string, _ core.Observer) (config, error) {
			set, err := keys.LoadSet(path)
			return config{Keys: set}, err
		}, true},
		{"LoadSet", []byte(`{"keys":[` + string(oct) + `]}`), func(path string, _ core.Observer) (config, error) {
			set, err := keys.LoadSet(path)
			return config{Keys: set}, err
		}, true},
		{"a ring", private, func(path string, _ core.Observer) (config, error) {
			k, err := keys.Load(path)
			return config{Keys: coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: k})}, err
		}, true},
		{"issuers", private, func(path string, _ core.Observer) (config, error) {
			k, err := keys.Load(path)
			if err != nil {
				return config{}, err
			}
			keys, err := keys.ByIssuer(map[string]keys.Source{"a": k})
			return config{Keys: keys, Rules: core.ClaimRules{InsecureAnyAudience: true}}, err
		}, true},
		{"LoadDir", private, func(path string, _ core.Observer) (config, error) {
			dir, err := keys.LoadDir(filepath.Dir(path), keys.RingConfig{})
			return config{Keys: dir}, err
		}, true},
		{"keys.LoadDir with the Observer", private, func(path string, seen core.Observer) (config, error) {
			dir, err := keys.LoadDir(filepath.Dir(path), keys.RingConfig{Observer: core.KeyObserver(seen)})
			return config{Keys: dir}, err
		}, true},
		{"SECRET_KEY_FILE, a secret", secret, func(path string, _ core.Observer) (config, error) {
			return env(config{}, "JWT_SECRET_KEY_FILE="+path)
		}, true},
		{"SECRET_KEY_FILE, PEM", private, func(path string, _ core.Observer) (config, error) {
			return env(config{}, "JWT_SECRET_KEY_FILE="+path)
		}, true},
		{"PUBLIC_KEY_FILE", public, func(path string, _ core.Observer) (config, error) {
			return env(config{}, "JWT_PUBLIC_KEY_FILE="+path)
		}, false},
		{"KEY_DIR", private, func(path string, seen core.Observer) (config, error) {
			return env(config{Observer: seen}, "JWT_KEY_DIR="+filepath.Dir(path))
		}, true},
	} {
		for mode, open := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: false, 0o644: true, 0o604: true, 0o602: true, 0o666: true} {
			path := filepath.Join(t.TempDir(), "2026-11.pem")
			if err := os.WriteFile(path, tt.text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			seen := &jwttest.Recorder{}
			cfg, err := tt.load(path, seen)
			if err != nil {
				t.Fatalf("%s, %o: %v", tt.name, mode, err)
			}
			cfg.Observer = seen
			if _, err := core.New(cfg); err != nil {
				t.Fatalf("%s, %o: %v", tt.name, mode, err)
			}
			var causes []string
			for _, e := range seen.Events() {
				if e.Action == core.ActionKeys && e.Kind == 0 && e.Cause != nil {
					causes = append(causes, e.Cause.Error())
				}
			}
			if want := open && tt.told; len(causes) == 1 != want || want && !strings.Contains(causes[0], path) {
				t.Errorf("%s, %o: told %q, want it once: %v", tt.name, mode, causes, want)
			}
		}
	}
}

// A key that appears while the program runs is told of too, once.
func TestOpenKeyFileAppears(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the mode of a file says nothing there")
	}
	dir, seen := t.TempDir(), &jwttest.Recorder{}
	write := func(name string, mode os.FileMode) {
		text, _ := coretest.EdPEM(t)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("1.pem", 0o600)
	keys, err := keys.LoadDir(dir, keys.RingConfig{Observer: core.KeyObserver(seen)})
	if err != nil {
		t.Fatal(err)
	}
	write("2.pem", 0o644)
	for range 3 {
		if err := keys.Reload(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	for _, e := range seen.Events() {
		if e.Cause != nil {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times, want once: %v", told, seen.Events())
	}
}
