package keys_test

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
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
		{"by name", []file{{"a.pem", coretest.Hour}, {"b.pem", 9 * coretest.Hour}}, "b.pem", "b.pem", coretest.Hour},
		{"numbers", []file{{"key-9.pem", coretest.Hour}, {"key-10.pem", coretest.Hour}, {"key-1.pem", coretest.Hour}}, "key-10.pem", "key-10.pem", coretest.Hour},
		{"leading zeros", []file{{"key-0010.pem", coretest.Hour}, {"key-11.pem", coretest.Hour}}, "key-11.pem", "key-11.pem", coretest.Hour},
		{"long numbers", []file{{"k99999999999999999998.pem", coretest.Hour}, {"k99999999999999999999.pem", coretest.Hour}}, "k99999999999999999999.pem", "k99999999999999999999.pem", coretest.Hour},
		{"the newest too young", []file{{"a.pem", coretest.Hour}, {"b.pem", 59 * time.Second}}, "a.pem", "b.pem", time.Second},
		{"of age", []file{{"a.pem", coretest.Hour}, {"b.pem", time.Minute}}, "b.pem", "b.pem", coretest.Hour},
		{"from a clock ahead", []file{{"a.pem", coretest.Hour}, {"b.pem", -coretest.Hour}}, "a.pem", "b.pem", time.Minute},
		// A volume of Kubernetes writes all files anew at each change of one.
		{"all too young", []file{{"a.pem", 3}, {"b.pem", 2}, {"c.pem", 1}}, "a.pem", "c.pem", time.Minute},
		{"only one", []file{{"a.pem", 0}}, "a.pem", "a.pem", time.Minute},
		{"from a day", []file{{"b.pem", coretest.Hour}, {"a.from-2030-01-02.pem", coretest.Hour}}, "b.pem", "a.from-2030-01-02.pem", 24 * coretest.Hour},
		{"from a time", []file{{"b.pem", coretest.Hour}, {"a.from-2030-01-01T003000Z.x.pem", 0}}, "b.pem", "a.from-2030-01-01T003000Z.x.pem", 30 * time.Minute},
		{"from a time past, written now", []file{{"b.pem", coretest.Hour}, {"a.from-2029-12-31.pem", 0}}, "a.from-2029-12-31.pem", "a.from-2029-12-31.pem", 1},
		{"the later from", []file{{"b.from-2029-12-30.pem", 0}, {"a.from-2029-12-31.pem", 0}}, "a.from-2029-12-31.pem", "a.from-2029-12-31.pem", 1},
		{"until", []file{{"a.pem", coretest.Hour}, {"b.until-2030-01-02.pem", coretest.Hour}}, "b.until-2030-01-02.pem", "a.pem", 24 * coretest.Hour},
		{"until past", []file{{"a.pem", coretest.Hour}, {"b.until-2029-12-31.pem", coretest.Hour}}, "a.pem", "a.pem", 1},
		{"both", []file{{"a.pem", coretest.Hour}, {"b.from-2029-12-01.until-2030-01-02.pem", coretest.Hour}}, "b.from-2029-12-01.until-2030-01-02.pem", "a.pem", 24 * coretest.Hour},
		{"endings", []file{{"a.PEM", coretest.Hour}, {"b.txt", coretest.Hour}, {"c", coretest.Hour}, {".d.pem", coretest.Hour}, {"e.pem~", coretest.Hour}, {"f.pem.swp", coretest.Hour}, {"#g.pem#", coretest.Hour}, {"h.pem.tmp", coretest.Hour}}, "a.PEM", "a.PEM", coretest.Hour},
	} {
		d := coretest.NewKeyDir(t)
		ids := map[string]string{}
		for _, f := range tt.files {
			ids[f.name] = d.Private(f.name, f.age)
		}
		ring := d.Load()
		d.Signs(tt.name, ring, ids[tt.want])
		d.Clock.Advance(tt.after)
		d.Signs(coretest.Sprintf("%s, after %v", tt.name, tt.after), ring, ids[tt.then])
		if t.Failed() {
			t.Fatalf("%s: %v", tt.name, ids)
		}
	}
}

// TestKeyDirFormats: what a file may hold.
func TestKeyDirFormats(t *testing.T) {
	d := coretest.NewKeyDir(t)
	secret := base64.RawURLEncoding.EncodeToString([]byte(rand.Text() + rand.Text()))
	d.Write("a.json", []byte(`{"kty":"oct","alg":"HS256","kid":"shared","k":"`+secret+`"}`), coretest.Hour)
	d.Write("b.jwk", []byte(`{"kty":"OKP","crv":"Ed25519","kid":"jwk","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`), coretest.Hour)
	_, public := coretest.EdPEM(t)
	d.Write("c.pem", public, coretest.Hour)
	if err := os.Mkdir(filepath.Join(d.Path, "d.pem"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.Write(".e.pem", []byte("half of what an editor writes"), coretest.Hour)
	ring := d.Load()
	d.Signs("the newest that can", ring, "jwk")
	if got, want := ids(t, ring, "EdDSA"), coretest.Thumbprint(t, public)+" jwk"; got != want {
		t.Errorf("%q verify, want %q", got, want)
	}
	if got := ids(t, ring, "HS256"); got != "shared" {
		t.Errorf("%q verify HS256, want shared", got)
	}
	// A private key that is replaced by its public half verifies, and signs no more.
	private, public := coretest.EdPEM(t)
	d.Write("d1.pem", private, coretest.Hour)
	d.Reload(ring)
	d.Clock.Advance(coretest.Hour)
	d.Signs("a new key", ring, coretest.Thumbprint(t, private))
	d.Write("d1.pem", public, 0)
	d.Reload(ring)
	d.Signs("its public half", ring, "jwk")
	if key := find(t, ring, coretest.Thumbprint(t, public)); key == nil || key.CanSign() {
		t.Errorf("got %v, want a key that verifies only", key)
	}
}

// TestKeyDirOfKubernetes: files are links through ..data, which moves on in one
// step; the directory behind it is then deleted.
func TestKeyDirOfKubernetes(t *testing.T) {
	d := coretest.NewKeyDir(t)
	version := 0
	publish := func(files map[string][]byte) {
		t.Helper()
		version++
		name := coretest.Sprintf("..2030_%d", version)
		if err := os.Mkdir(filepath.Join(d.Path, name), 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			d.Write(filepath.Join(name, file), text, 0)
			if link := filepath.Join(d.Path, file); version == 1 || !exists(link) {
				if err := os.Symlink(filepath.Join("..data", file), link); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := os.Symlink(name, filepath.Join(d.Path, "..tmp")); err != nil {
			t.Fatal(err)
		}
		d.Rename("..tmp", "..data")
		if version > 1 {
			if err := os.RemoveAll(filepath.Join(d.Path, coretest.Sprintf("..2030_%d", version-1))); err != nil {
				t.Fatal(err)
			}
		}
	}
	textA, _ := coretest.EdPEM(t)
	textB, _ := coretest.EdPEM(t)
	a, b := coretest.Thumbprint(t, textA), coretest.Thumbprint(t, textB)
	publish(map[string][]byte{"a.pem": textA})
	ring := d.Load()
	first := find(t, ring, a)
	d.Clock.Advance(coretest.Hour)
	publish(map[string][]byte{"a.pem": textA, "b.pem": textB})
	d.Reload(ring)
	d.Signs("found", ring, a)
	d.Clock.Advance(time.Minute)
	d.Signs("after its Lead", ring, b)
	if find(t, ring, a) != first {
		t.Error("the same content in another directory is another *Key")
	}
	publish(map[string][]byte{"b.pem": textB}) // the link a.pem now leads nowhere
	d.Reload(ring)
	if got := ids(t, ring, "EdDSA"); got != b {
		t.Errorf("%s verify, want %s", got, b)
	}
	d.Signs("a process that starts now", d.Load(), b)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
