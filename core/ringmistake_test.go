package core_test

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
)

// spoil makes the directory bad, one way each.
var spoilings = []struct {
	name  string
	spoil func(d *keyDir)
	want  string
}{
	{"empty file", func(d *keyDir) { d.write("b.pem", nil, 0) }, "key file %s/b.pem: it is empty"},
	{"half a file", func(d *keyDir) {
		text, _ := edPEM(d)
		d.write("b.pem", text[:len(text)/2], 0)
	}, "key file %s/b.pem: "},
	{"half a JWK", func(d *keyDir) { d.write("b.jwk", []byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAY`), 0) }, "key file %s/b.jwk: "},
	{"half of what was good", func(d *keyDir) {
		text, err := os.ReadFile(filepath.Join(d.path, "a.pem"))
		if err != nil {
			d.Fatal(err)
		}
		d.write("a.pem", text[:len(text)-20], 0)
	}, "key file %s/a.pem: "},
	{"no key", func(d *keyDir) { d.write("b.pem", []byte("hello\n"), 0) }, "key file %s/b.pem: "},
	{"a key set", func(d *keyDir) { d.write("b.json", []byte(`{"keys":[]}`), 0) }, "key file %s/b.json: it is a JWK Set"},
	{"a secret without an id", func(d *keyDir) {
		d.write("b.jwk", []byte(`{"kty":"oct","alg":"HS256","k":"`+"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLrY"+`"}`), 0)
	}, "key file %s/b.jwk: it is a secret without an id"},
	{"the same key twice", func(d *keyDir) {
		text, err := os.ReadFile(filepath.Join(d.path, "a.pem"))
		if err != nil {
			d.Fatal(err)
		}
		d.write("b.pem", append([]byte("a copy\n"), text...), 0)
	}, "key file %[1]s/b.pem: %[1]s/a.pem holds a key of the id"},
	{"the same file twice", func(d *keyDir) {
		text, err := os.ReadFile(filepath.Join(d.path, "a.pem"))
		if err != nil {
			d.Fatal(err)
		}
		d.write("b.pem", text, 0)
	}, "key file %[1]s/b.pem: %[1]s/a.pem holds a key of the id"},
	{"no time", func(d *keyDir) { d.private("b.from-noon.pem", 0) }, `key file %s/b.from-noon.pem: "from-noon" in its name is no time`},
	{"no such day", func(d *keyDir) { d.private("b.until-2030-02-30.pem", 0) }, `"until-2030-02-30" in its name is no time`},
	{"two times", func(d *keyDir) { d.private("b.until-2030-02-03.until-2030-02-04.pem", 0) }, `"until-2030-02-04" in its name is no time, or there are two`},
	{"never signs", func(d *keyDir) { d.private("b.from-2030-02-02.until-2030-02-02.pem", 0) }, "the key would retire before it signs"},
	{"retires too early", func(d *keyDir) {
		d.remove("c.pem")
		d.rename("a.pem", "a.until-2030-03-01T000959Z.pem")
		d.private("b.from-2030-03-01.pem", 0)
	}, "let it retire at 2030-03-01T001000Z or later"},
	{"a link to nothing", func(d *keyDir) {
		if err := os.Symlink("nothing", filepath.Join(d.path, "b.pem")); err != nil {
			d.Fatal(err)
		}
	}, "b.pem: no such file"},
	{"a large file", func(d *keyDir) { d.write("b.pem", bytes.Repeat([]byte("x"), 1<<20+1), 0) }, "larger than 1048576 bytes"},
	{"no file", func(d *keyDir) { d.remove("a.pem") }, "key directory %s: there is no key in it"},
	{"no directory", func(d *keyDir) {
		if err := os.RemoveAll(d.path); err != nil {
			d.Fatal(err)
		}
	}, "key directory: open %s: no such file"},
}

// TestKeyDirKeepsKeys: whatever is wrong with the files, no key is lost, and
// what was wrong is said twice: to the caller and to the Observer.
func TestKeyDirKeepsKeys(t *testing.T) {
	for _, tt := range spoilings {
		d := newKeyDir(t)
		a := d.private("a.pem", hour)
		ring := d.load()
		first := find(t, ring, a)
		d.private("c.pem", 0) // good in itself
		tt.spoil(d)
		if tt.name == "no file" {
			d.remove("c.pem")
		}
		want := tt.want
		if strings.Contains(want, "%") {
			want = sprintf(want, d.path)
		}
		before := ring.String()
		err := ring.Reload(context.Background())
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		contains(t, tt.name, err.Error(), want, "the keys stay as they were")
		if after := ring.String(); after != before || find(t, ring, a) != first {
			t.Errorf("%s: %s became %s", tt.name, before, after)
		}
		d.signs(tt.name, ring, a)
		events := d.recorder.Events()
		if len(events) != 1 || events[0].Action != core.ActionKeys || events[0].Kind != core.Unavailable || events[0].Cause != err {
			t.Errorf("%s: events %+v, want the error %v", tt.name, events, err)
		}
		if _, err := core.LoadKeyDir(d.path, d.config()); err == nil {
			t.Errorf("%s: LoadKeyDir has no error", tt.name)
		} else if strings.Contains(err.Error(), "stay as they were") {
			t.Errorf("%s: LoadKeyDir speaks of keys that stay: %v", tt.name, err)
		}
	}
}

// TestKeyDirReportsAll names every bad file at once, and recovers from all.
func TestKeyDirReportsAll(t *testing.T) {
	d := newKeyDir(t)
	d.private("a.pem", hour)
	ring := d.load()
	for _, name := range []string{"b.pem", "c.pem", "d.jwk"} {
		d.write(name, []byte("bad"), 0)
	}
	err := ring.Reload(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	contains(t, "three bad files", err.Error(), "/b.pem", "/c.pem", "/d.jwk")
	d.remove("c.pem")
	d.remove("d.jwk")
	b := d.private("b.pem", 0)
	d.reload(ring)
	d.clock.Advance(time.Minute)
	d.signs("repaired", ring, b)

	_, err = core.LoadKeyDir("", core.KeyRingConfig{Lead: -1}, core.WithKeyID("a"))
	if err == nil {
		t.Fatal("no error")
	}
	contains(t, "arguments", err.Error(), "LoadKeyDir: Lead: ", "LoadKeyDir: the path is empty", "LoadKeyDir: WithKeyID")
	if _, err = core.LoadKeyDir(filepath.Join(d.path, "missing"), core.KeyRingConfig{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v is not fs.ErrNotExist", err)
	}
	if err := new(core.KeyDir).Reload(context.Background()); err == nil {
		t.Error("a zero KeyDir: no error")
	}
	new(core.KeyDir).Watch(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := ring.Reload(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}

// TestKeyDirNeverLosesItsSigner: deleting the last private key before the new
// one is there is the mistake of a hurry.
func TestKeyDirNeverLosesItsSigner(t *testing.T) {
	d := newKeyDir(t)
	a := d.private("a.pem", hour)
	_, public := edPEM(t)
	d.write("other.pem", public, hour)
	ring := d.load()
	d.remove("a.pem")
	err := ring.Reload(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	contains(t, "no signer", err.Error(), "no key in it can sign any more")
	d.signs("after the mistake", ring, a)
	b := d.private("b.pem", 0)
	d.reload(ring)
	d.signs("the new one is the only one", ring, b)
}
