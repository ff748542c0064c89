package core_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// keyDir is a directory of keys under test.
type keyDir struct {
	testing.TB
	path     string
	clock    *jwttest.Clock
	recorder *jwttest.Recorder
}

func newKeyDir(t testing.TB) *keyDir {
	return &keyDir{t, t.TempDir(), jwttest.NewClock(now), new(jwttest.Recorder)}
}

// write puts a file there as if it had been written at a time of the clock.
func (d *keyDir) write(name string, text []byte, age time.Duration) {
	d.Helper()
	path := filepath.Join(d.path, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		d.Fatal(err)
	}
	written := d.clock.Now().Add(-age)
	if err := os.Chtimes(path, written, written); err != nil {
		d.Fatal(err)
	}
}

// private writes a new private key and returns its id.
func (d *keyDir) private(name string, age time.Duration) (id string) {
	d.Helper()
	text, _ := edPEM(d)
	d.write(name, text, age)
	return thumbprint(d, text)
}

func thumbprint(t testing.TB, text []byte) string {
	t.Helper()
	id, err := parsedKey(t, text).Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (d *keyDir) rename(from, to string) {
	d.Helper()
	if err := os.Rename(filepath.Join(d.path, from), filepath.Join(d.path, to)); err != nil {
		d.Fatal(err)
	}
}

func (d *keyDir) remove(name string) {
	d.Helper()
	if err := os.Remove(filepath.Join(d.path, name)); err != nil {
		d.Fatal(err)
	}
}

func (d *keyDir) config() core.KeyRingConfig {
	return core.KeyRingConfig{Now: d.clock.Now, Observer: d.recorder}
}

func (d *keyDir) load() *core.KeyDir {
	d.Helper()
	ring, err := core.LoadKeyDir(d.path, d.config())
	if err != nil {
		d.Fatal(err)
	}
	return ring
}

func (d *keyDir) reload(ring *core.KeyDir) {
	d.Helper()
	if err := ring.Reload(context.Background()); err != nil {
		d.Fatal(err)
	}
}

// signs checks who signs. The names are those of the ids given.
func (d *keyDir) signs(when string, ring *core.KeyDir, want string) {
	d.Helper()
	if got := signerID(ring); got != want {
		d.Errorf("%s: %s signs, want %s", when, got, want)
	}
}

const hour = time.Hour

// TestKeyDirRotation is a rotation as an operator does it.
func TestKeyDirRotation(t *testing.T) {
	d := newKeyDir(t)
	old := d.private("2029-12.pem", hour)
	ring := d.load()
	d.signs("one file", ring, old)
	first := find(t, ring, old)

	d.clock.Advance(hour)
	next := d.private("2030-01.pem", 20*hour) // made long ago, and put there now
	if find(t, ring, next) != nil {
		t.Error("the new key is known before Reload")
	}
	d.reload(ring)
	d.signs("found", ring, old)
	if find(t, ring, next) == nil {
		t.Error("the new key does not verify, and so is not published")
	}
	d.clock.Advance(time.Minute - 1)
	d.signs("a nanosecond before its Lead is over", ring, old)
	d.clock.Advance(1)
	d.signs("after its Lead", ring, next)
	d.reload(ring)
	if got := find(t, ring, old); got != first {
		t.Errorf("after two reloads: another *Key, %v", got)
	}
	d.clock.Advance(10 * time.Minute)
	d.remove("2029-12.pem")
	d.reload(ring)
	if got := find(t, ring, old); got != nil {
		t.Errorf("its file is deleted: got %v", got)
	}
	d.signs("after the deletion", ring, next)

	var seen []string
	for _, e := range d.recorder.Events() {
		seen = append(seen, sprintf("%v %s %s", e.Action, e.Kind.String(), e.KeyID))
	}
	// The reload that changed nothing is none.
	if got, want := strings.Join(seen, ", "), "keys ok "+old+", keys ok "+next; got != want {
		t.Errorf("events: got %s, want %s", got, want)
	}
}

// TestKeyDirStart: which of several files signs when a program starts.
func TestKeyDirStart(t *testing.T) {
	type file struct {
		name string
		age  time.Duration
	}
	for _, tt := range []struct {
		name  string
		files []file
		want  string        // signs at the start
		then  string        // signs after
		after time.Duration // this time
	}{
		{"by name", []file{{"a.pem", hour}, {"b.pem", 9 * hour}}, "b.pem", "b.pem", hour},
		{"numbers", []file{{"key-9.pem", hour}, {"key-10.pem", hour}, {"key-1.pem", hour}}, "key-10.pem", "key-10.pem", hour},
		{"leading zeros", []file{{"key-0010.pem", hour}, {"key-11.pem", hour}}, "key-11.pem", "key-11.pem", hour},
		{"long numbers", []file{{"k99999999999999999998.pem", hour}, {"k99999999999999999999.pem", hour}}, "k99999999999999999999.pem", "k99999999999999999999.pem", hour},
		{"the newest too young", []file{{"a.pem", hour}, {"b.pem", 59 * time.Second}}, "a.pem", "b.pem", time.Second},
		{"of age", []file{{"a.pem", hour}, {"b.pem", time.Minute}}, "b.pem", "b.pem", hour},
		{"from a clock ahead", []file{{"a.pem", hour}, {"b.pem", -hour}}, "a.pem", "b.pem", time.Minute},
		// A volume of Kubernetes writes all files anew at each change of one.
		{"all too young", []file{{"a.pem", 3}, {"b.pem", 2}, {"c.pem", 1}}, "a.pem", "c.pem", time.Minute},
		{"only one", []file{{"a.pem", 0}}, "a.pem", "a.pem", time.Minute},
		{"from a day", []file{{"b.pem", hour}, {"a.from-2030-01-02.pem", hour}}, "b.pem", "a.from-2030-01-02.pem", 24 * hour},
		{"from a time", []file{{"b.pem", hour}, {"a.from-2030-01-01T003000Z.x.pem", 0}}, "b.pem", "a.from-2030-01-01T003000Z.x.pem", 30 * time.Minute},
		{"from a time past, written now", []file{{"b.pem", hour}, {"a.from-2029-12-31.pem", 0}}, "a.from-2029-12-31.pem", "a.from-2029-12-31.pem", 1},
		{"the later from", []file{{"b.from-2029-12-30.pem", 0}, {"a.from-2029-12-31.pem", 0}}, "a.from-2029-12-31.pem", "a.from-2029-12-31.pem", 1},
		{"until", []file{{"a.pem", hour}, {"b.until-2030-01-02.pem", hour}}, "b.until-2030-01-02.pem", "a.pem", 24 * hour},
		{"until past", []file{{"a.pem", hour}, {"b.until-2029-12-31.pem", hour}}, "a.pem", "a.pem", 1},
		{"both", []file{{"a.pem", hour}, {"b.from-2029-12-01.until-2030-01-02.pem", hour}}, "b.from-2029-12-01.until-2030-01-02.pem", "a.pem", 24 * hour},
		{"endings", []file{{"a.PEM", hour}, {"b.txt", hour}, {"c", hour}, {".d.pem", hour}, {"e.pem~", hour}, {"f.pem.swp", hour}, {"#g.pem#", hour}, {"h.pem.tmp", hour}}, "a.PEM", "a.PEM", hour},
	} {
		d := newKeyDir(t)
		ids := map[string]string{}
		for _, f := range tt.files {
			ids[f.name] = d.private(f.name, f.age)
		}
		ring := d.load()
		d.signs(tt.name, ring, ids[tt.want])
		d.clock.Advance(tt.after)
		d.signs(sprintf("%s, after %v", tt.name, tt.after), ring, ids[tt.then])
		if t.Failed() {
			t.Fatalf("%s: %v", tt.name, ids)
		}
	}
}

// TestKeyDirFormats: what a file may hold.
func TestKeyDirFormats(t *testing.T) {
	d := newKeyDir(t)
	secret := base64.RawURLEncoding.EncodeToString([]byte(rand.Text() + rand.Text()))
	d.write("a.json", []byte(`{"kty":"oct","alg":"HS256","kid":"shared","k":"`+secret+`"}`), hour)
	d.write("b.jwk", []byte(`{"kty":"OKP","crv":"Ed25519","kid":"jwk","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`), hour)
	_, public := edPEM(t)
	d.write("c.pem", public, hour)
	if err := os.Mkdir(filepath.Join(d.path, "d.pem"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.write(".e.pem", []byte("half of what an editor writes"), hour)
	ring := d.load()
	d.signs("the newest that can", ring, "jwk")
	if got, want := ids(t, ring, "EdDSA"), thumbprint(t, public)+" jwk"; got != want {
		t.Errorf("%q verify, want %q", got, want)
	}
	if got := ids(t, ring, "HS256"); got != "shared" {
		t.Errorf("%q verify HS256, want shared", got)
	}
	// A private key that is replaced by its public half verifies, and signs no more.
	private, public := edPEM(t)
	d.write("d1.pem", private, hour)
	d.reload(ring)
	d.clock.Advance(hour)
	d.signs("a new key", ring, thumbprint(t, private))
	d.write("d1.pem", public, 0)
	d.reload(ring)
	d.signs("its public half", ring, "jwk")
	if key := find(t, ring, thumbprint(t, public)); key == nil || key.CanSign() {
		t.Errorf("got %v, want a key that verifies only", key)
	}
}

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
		d.write("b.jwk", []byte(`{"kty":"oct","alg":"HS256","k":"`+strings.Repeat("abcd", 12)+`"}`), 0)
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

// TestKeyDirRename: a name changes the times, and not the key.
func TestKeyDirRename(t *testing.T) {
	d := newKeyDir(t)
	a, b := d.private("a.pem", hour), d.private("b.pem", hour)
	ring := d.load()
	first := find(t, ring, a)
	d.signs("by name", ring, b)
	d.rename("a.pem", "c.pem")
	d.reload(ring)
	d.signs("a became c", ring, a)
	d.rename("c.pem", "a.until-2030-01-01T010000Z.pem")
	d.reload(ring)
	d.signs("and a again", ring, b)
	if find(t, ring, a) != first {
		t.Error("the renamed file's key is another *Key")
	}
	d.clock.Advance(hour)
	if find(t, ring, a) != nil {
		t.Error("its until- has come, without a Reload, and it still verifies")
	}
	d.rename("a.until-2030-01-01T010000Z.pem", "b.until-2029-12-31.pem")
	d.reload(ring)
	if got := ids(t, ring, "EdDSA"); got != b {
		t.Errorf("%s verify, want %s", got, b)
	}
}

// TestKeyDirFromTooSoon: a file that says that it signs at once, but that nobody
// could know of, waits for its Lead all the same.
func TestKeyDirFromTooSoon(t *testing.T) {
	d := newKeyDir(t)
	a := d.private("a.pem", hour)
	ring := d.load()
	b := d.private("b.from-2030-01-01.pem", 0)
	d.reload(ring)
	d.signs("found", ring, a)
	d.reload(ring)
	d.clock.Advance(time.Minute)
	d.signs("after its Lead", ring, b)
}

// TestKeyDirOfKubernetes: files are links through ..data, which moves on in one
// step; the directory behind it is then deleted.
func TestKeyDirOfKubernetes(t *testing.T) {
	d := newKeyDir(t)
	version := 0
	publish := func(files map[string][]byte) {
		t.Helper()
		version++
		name := sprintf("..2030_%d", version)
		if err := os.Mkdir(filepath.Join(d.path, name), 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			d.write(filepath.Join(name, file), text, 0)
			if link := filepath.Join(d.path, file); version == 1 || !exists(link) {
				if err := os.Symlink(filepath.Join("..data", file), link); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := os.Symlink(name, filepath.Join(d.path, "..tmp")); err != nil {
			t.Fatal(err)
		}
		d.rename("..tmp", "..data")
		if version > 1 {
			if err := os.RemoveAll(filepath.Join(d.path, sprintf("..2030_%d", version-1))); err != nil {
				t.Fatal(err)
			}
		}
	}
	textA, _ := edPEM(t)
	textB, _ := edPEM(t)
	a, b := thumbprint(t, textA), thumbprint(t, textB)
	publish(map[string][]byte{"a.pem": textA})
	ring := d.load()
	first := find(t, ring, a)
	d.clock.Advance(hour)
	publish(map[string][]byte{"a.pem": textA, "b.pem": textB})
	d.reload(ring)
	d.signs("found", ring, a)
	d.clock.Advance(time.Minute)
	d.signs("after its Lead", ring, b)
	if find(t, ring, a) != first {
		t.Error("the same content in another directory is another *Key")
	}
	publish(map[string][]byte{"b.pem": textB}) // the link a.pem now leads nowhere
	d.reload(ring)
	if got := ids(t, ring, "EdDSA"); got != b {
		t.Errorf("%s verify, want %s", got, b)
	}
	d.signs("a process that starts now", d.load(), b)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// TestKeyDirWatch polls on a clock of its own, which runs as fast as it can.
func TestKeyDirWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newKeyDir(t)
		d.clock.Set(time.Now())
		cfg := core.KeyRingConfig{Observer: d.recorder} // time.Now is the bubble's
		a := d.private("a.pem", hour)
		ring, err := core.LoadKeyDir(d.path, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := atomic.Bool{}
		go func() {
			ring.Watch(ctx)
			ended.Store(true)
		}()
		after := func(wait time.Duration) {
			time.Sleep(wait)
			synctest.Wait()
		}
		after(25 * time.Second)
		if n := len(d.recorder.Events()); n != 0 {
			t.Errorf("%d events of nothing", n)
		}
		b := d.private("b.pem", hour)
		after(6 * time.Second) // at 30 s
		if find(t, ring, b) == nil {
			t.Error("the new file was not found")
		}
		d.write("c.pem", []byte("bad"), 0)
		after(50 * time.Second)
		d.signs("beside a bad file", ring, a)
		after(10 * time.Second)
		d.signs("after its Lead, beside a bad file", ring, b)
		d.remove("c.pem")
		after(20 * time.Second)
		var seen []string
		for _, e := range d.recorder.Events() {
			seen = append(seen, e.Kind.String())
		}
		// Found; one bad file, told once; good again.
		if got := strings.Join(seen, " "); got != "ok unavailable ok" {
			t.Errorf("events %q", got)
		}
		cancel()
		synctest.Wait()
		if !ended.Load() {
			t.Error("Watch goes on after its context has ended")
		}
	})
}

// TestKeyDirUnderLoad reloads while others find and sign, for the race detector.
func TestKeyDirUnderLoad(t *testing.T) {
	d := newKeyDir(t)
	a := d.private("a.pem", hour)
	ring := d.load()
	first := find(t, ring, a)
	stop := make(chan struct{})
	finished := make(chan struct{})
	for range 3 {
		go func() {
			defer func() { finished <- struct{}{} }()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if find(t, ring, a) != first || signerID(ring) == "" {
					t.Error("the key of a file that stayed was not found")
					return
				}
				_ = ring.String()
			}
		}()
	}
	for i := range 30 {
		name := sprintf("b%d.pem", i)
		d.private(name, 0)
		d.reload(ring)
		d.clock.Advance(time.Minute)
		d.write("bad.pem", []byte("bad"), 0)
		if err := ring.Reload(context.Background()); err == nil {
			t.Error("a bad file: no error")
		}
		d.remove("bad.pem")
		d.remove(name)
		d.reload(ring)
	}
	close(stop)
	for range 3 {
		<-finished
	}
}
