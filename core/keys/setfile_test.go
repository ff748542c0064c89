package keys_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
)

// TestSetFile follows a file through changes, good and bad.
func TestSetFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jwks.json")
	write := func(jwks ...string) {
		t.Helper()
		if err := os.WriteFile(path, jwkSet(jwks...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	jwkOf := func(file, id string) string {
		t.Helper()
		key, err := keys.Load("../testdata/keys/"+file, keys.WithID(id))
		if err != nil {
			t.Fatal(err)
		}
		text, err := key.JWK()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first, second := jwkOf("ec-p256-spki.pem", "a"), jwkOf("rsa-spki.pem", "b")
	if _, err := keys.LoadSetFile(path, keys.SetFileConfig{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
	if _, err := keys.LoadSetFile(path, keys.SetFileConfig{Every: -1}); err == nil || !strings.Contains(err.Error(), "Every: negative") {
		t.Errorf("a negative time: got %v", err)
	}
	write(first)
	synctest.Test(t, func(t *testing.T) {
		var told []keys.Event
		file, err := keys.LoadSetFile(path, keys.SetFileConfig{Observer: func(_ context.Context, e keys.Event) { told = append(told, e) }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); file.Watch(ctx) }()
		find := func(id, alg string) *keys.Key {
			t.Helper()
			found, err := file.Find(t.Context(), keys.Hint{KeyID: id, Algorithm: alg})
			if err != nil || len(found) > 1 {
				t.Fatalf("%s: got %v, %v", id, found, err)
			}
			if len(found) == 0 {
				return nil
			}
			return found[0]
		}
		pass := func() { time.Sleep(10*time.Second + time.Millisecond); synctest.Wait() }
		a := find("a", "ES256")
		if a == nil || find("b", "RS256") != nil {
			t.Fatal("the first set")
		}
		pass()
		if len(told) != 0 {
			t.Errorf("nothing has changed, and the Observer heard %+v", told)
		}
		write(first, second)
		pass()
		if find("a", "ES256") != a || find("b", "RS256") == nil {
			t.Error("a key that came is not there, or the other is another one")
		}
		if len(told) != 1 || told[0].Failure != nil {
			t.Errorf("the Observer heard %+v", told)
		}
		write() // {"keys":[]}
		pass()
		pass()
		if find("a", "ES256") != a || find("b", "RS256") == nil {
			t.Error("an emptied file took the keys")
		}
		if len(told) != 2 || told[1].Failure == nil || !strings.Contains(told[1].Failure.Error(), "the keys stay as they were") {
			t.Errorf("the Observer heard %+v", told)
		}
		if err := file.Reload(t.Context()); err == nil {
			t.Error("Reload of an emptied file: no error")
		}
		write(second, `{"kty":"AKP","kid":"pq"}`)
		pass()
		if find("a", "ES256") != nil || find("b", "RS256") == nil {
			t.Error("a key that went is there")
		}
		if last := told[len(told)-1]; last.Failure != nil || last.Skipped == nil || !strings.Contains(last.Skipped.Error(), `kid "pq"`) {
			t.Errorf("the Observer heard %+v", last)
		}
		stop()
		<-done
	})
}
