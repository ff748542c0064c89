package core_test

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
	"time"
)

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
