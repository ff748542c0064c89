package keys_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// spoil makes the directory bad, one way each.
var spoilings = []struct {
	name  string
	spoil func(d *coretest.KeyDir)
	want  string
}{
	{"empty file", func(d *coretest.KeyDir) { d.Write("b.pem", nil, 0) }, "key file %s/b.pem: it is empty"},
	{"half a file", func(d *coretest.KeyDir) {
		text, _ := coretest.EdPEM(d)
		d.Write("b.pem", text[:len(text)/2], 0)
	}, "key file %s/b.pem: "},
	{"half a JWK", func(d *coretest.KeyDir) { d.Write("b.jwk", []byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAY`), 0) }, "key file %s/b.jwk: "},
	{"half of what was good", func(d *coretest.KeyDir) {
		text, err := os.ReadFile(filepath.Join(d.Path, "a.pem"))
		if err != nil {
			d.Fatal(err)
		}
		d.Write("a.pem", text[:len(text)-20], 0)
	}, "key file %s/a.pem: "},
	{"no key", func(d *coretest.KeyDir) { d.Write("b.pem", []byte("hello\n"), 0) }, "key file %s/b.pem: "},
	{"a key set", func(d *coretest.KeyDir) { d.Write("b.json", []byte(`{"keys":[]}`), 0) }, "key file %s/b.json: it is a JWK Set"},
	{"a secret without an id", func(d *coretest.KeyDir) {
		d.Write("b.jwk", []byte(`{"kty":"oct","alg":"HS256","k":"`+"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLrY"+`"}`), 0)
	}, "key file %s/b.jwk: it is a secret without an id"},
	{"the same key twice", func(d *coretest.KeyDir) {
		text, err := os.ReadFile(filepath.Join(d.Path, "a.pem"))
		if err != nil {
			d.Fatal(err)
		}
		d.Write("b.pem", append([]byte("a copy\n"), text...), 0)
	}, "key file %[1]s/b.pem: %[1]s/a.pem holds a key of the id"},
	{"the same file twice", func(d *coretest.KeyDir) {
		text, err := os.ReadFile(filepath.Join(d.Path, "a.pem"))
		if err != nil {
			d.Fatal(err)
		}
		d.Write("b.pem", text, 0)
	}, "key file %[1]s/b.pem: %[1]s/a.pem holds a key of the id"},
	{"no time", func(d *coretest.KeyDir) { d.Private("b.from-noon.pem", 0) }, `key file %s/b.from-noon.pem: "from-noon" in its name is no time`},
	{"no such day", func(d *coretest.KeyDir) { d.Private("b.until-2030-02-30.pem", 0) }, `"until-2030-02-30" in its name is no time`},
	{"two times", func(d *coretest.KeyDir) { d.Private("b.until-2030-02-03.until-2030-02-04.pem", 0) }, `"until-2030-02-04" in its name is no time, or there are two`},
	{"never signs", func(d *coretest.KeyDir) { d.Private("b.from-2030-02-02.until-2030-02-02.pem", 0) }, "the key would retire before it signs"},
	{"retires too early", func(d *coretest.KeyDir) {
		d.Remove("c.pem")
		d.Rename("a.pem", "a.until-2030-03-01T000959Z.pem")
		d.Private("b.from-2030-03-01.pem", 0)
	}, "let it retire at 2030-03-01T001000Z or later"},
	{"a link to nothing", func(d *coretest.KeyDir) {
		if err := os.Symlink("nothing", filepath.Join(d.Path, "b.pem")); err != nil {
			d.Fatal(err)
		}
	}, "b.pem: no such file"},
	{"a large file", func(d *coretest.KeyDir) { d.Write("b.pem", bytes.Repeat([]byte("x"), 1<<20+1), 0) }, "larger than 1048576 bytes"},
	{"no file", func(d *coretest.KeyDir) { d.Remove("a.pem") }, "key directory %s: there is no key in it"},
	{"no directory", func(d *coretest.KeyDir) {
		if err := os.RemoveAll(d.Path); err != nil {
			d.Fatal(err)
		}
	}, "key directory: open %s: no such file"},
}

// TestKeyDirKeepsKeys: whatever is wrong with the files, no key is lost, and
// what was wrong is said twice: to the caller and to the Observer.
func TestKeyDirKeepsKeys(t *testing.T) {
	for _, tt := range spoilings {
		d := coretest.NewKeyDir(t)
		a := d.Private("a.pem", coretest.Hour)
		ring := d.Load()
		first := find(t, ring, a)
		d.Private("c.pem", 0) // good in itself
		tt.spoil(d)
		if tt.name == "no file" {
			d.Remove("c.pem")
		}
		want := tt.want
		if strings.Contains(want, "%") {
			want = coretest.Sprintf(want, d.Path)
		}
		before := ring.String()
		err := ring.Reload(context.Background())
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		coretest.Contains(t, tt.name, err.Error(), want, "the keys stay as they were")
		if after := ring.String(); after != before || find(t, ring, a) != first {
			t.Errorf("%s: %s became %s", tt.name, before, after)
		}
		d.Signs(tt.name, ring, a)
		events := d.Recorder.Events()
		if len(events) != 1 || events[0].Action != core.ActionKeys || events[0].Kind != core.Unavailable || events[0].Cause != err {
			t.Errorf("%s: events %+v, want the error %v", tt.name, events, err)
		}
		if _, err := keys.LoadDir(d.Path, d.Config()); err == nil {
			t.Errorf("%s: keys.LoadDir has no error", tt.name)
		} else if strings.Contains(err.Error(), "stay as they were") {
			t.Errorf("%s: keys.LoadDir speaks of keys that stay: %v", tt.name, err)
		}
	}
}

// TestKeyDirReportsAll names every bad file at once, and recovers from all.
func TestKeyDirReportsAll(t *testing.T) {
	d := coretest.NewKeyDir(t)
	d.Private("a.pem", coretest.Hour)
	ring := d.Load()
	for _, name := range []string{"b.pem", "c.pem", "d.jwk"} {
		d.Write(name, []byte("bad"), 0)
	}
	err := ring.Reload(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	coretest.Contains(t, "three bad files", err.Error(), "/b.pem", "/c.pem", "/d.jwk")
	d.Remove("c.pem")
	d.Remove("d.jwk")
	b := d.Private("b.pem", 0)
	d.Reload(ring)
	d.Clock.Advance(time.Minute)
	d.Signs("repaired", ring, b)

	_, err = keys.LoadDir("", keys.RingConfig{Lead: -1}, keys.WithID("a"))
	if err == nil {
		t.Fatal("no error")
	}
	coretest.Contains(t, "arguments", err.Error(), "keys.LoadDir: Lead: ", "keys.LoadDir: the path is empty", "keys.LoadDir: keys.WithID")
	if _, err = keys.LoadDir(filepath.Join(d.Path, "missing"), keys.RingConfig{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v is not fs.ErrNotExist", err)
	}
	if err := new(keys.Dir).Reload(context.Background()); err == nil {
		t.Error("a zero Dir: no error")
	}
	new(keys.Dir).Watch(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := ring.Reload(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}

// TestKeyDirNeverLosesItsSigner: deleting the last private key before the new
// one is there is the mistake of a hurry.
func TestKeyDirNeverLosesItsSigner(t *testing.T) {
	d := coretest.NewKeyDir(t)
	a := d.Private("a.pem", coretest.Hour)
	_, public := coretest.EdPEM(t)
	d.Write("other.pem", public, coretest.Hour)
	ring := d.Load()
	d.Remove("a.pem")
	err := ring.Reload(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	coretest.Contains(t, "no signer", err.Error(), "no key in it can sign any more")
	d.Signs("after the mistake", ring, a)
	b := d.Private("b.pem", 0)
	d.Reload(ring)
	d.Signs("the new one is the only one", ring, b)
}
