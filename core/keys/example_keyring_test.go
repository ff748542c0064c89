package keys_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// A service rotates its keys, and publishes them for those who verify its
// tokens. Nobody is logged out, and nobody meets a key that he cannot know.
func ExampleRing() {
	clock := time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock } // an example must print the same every time

	ring, err := keys.NewRing(keys.RingConfig{Now: now}, keys.RingKey{Key: freshKey("2029-12")})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{Keys: ring, Now: now})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, auth.KeyRoutes()...) // /.well-known/jwks.json

	report := func(when string) {
		signer, err := ring.SigningKey(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
		published, err := keys.ParseSet(w.Body.Bytes())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%-18s %s signs, %d published, %s\n", when, signer.ID(), len(published.Keys()), w.Header().Get("Cache-Control"))
	}
	report("before")
	if err := ring.Rotate(freshKey("2030-01")); err != nil {
		log.Fatal(err)
	}
	report("rotated")
	clock = clock.Add(time.Minute) // Lead
	report("a minute later")
	clock = clock.Add(10 * time.Minute) // Lifetime, and 5 minutes
	report("10 minutes later")
	// Output:
	// before             2029-12 signs, 1 published, public, max-age=10
	// rotated            2029-12 signs, 2 published, public, max-age=10
	// a minute later     2030-01 signs, 2 published, public, max-age=10
	// 10 minutes later   2030-01 signs, 1 published, public, max-age=10
}

// A key that has become known to others must go at once, with all its tokens.
func ExampleRing_Retire() {
	ring, err := keys.NewRing(keys.RingConfig{}, keys.RingKey{Key: freshKey("stolen")})
	if err != nil {
		log.Fatal(err)
	}
	now := time.Now()
	if err := ring.Add(keys.RingKey{Key: freshKey("new"), NotBefore: now}); err != nil {
		log.Fatal(err)
	}
	if err := ring.Retire("stolen", now); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(ring.Keys()), ring.Keys()[0].Key.ID())
	// Output: 1 new
}

// An operator rotates keys by putting files into a directory.
func ExampleDir() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	keep(dir, "2030-01.pem")

	ring, err := keys.LoadDir(dir, keys.RingConfig{Lifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go ring.Watch(ctx) // finds new files within a sixth of Lead: 10 s

	keep(dir, "2030-02.pem")
	if err := ring.Reload(ctx); err != nil { // for those who do not wait: on a signal, for example
		log.Fatal(err)
	}
	fmt.Println(len(ring.Keys()), "keys")

	// A bad file loses none.
	if err := os.WriteFile(filepath.Join(dir, "2030-03.pem"), []byte("half of a fi"), 0o600); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ring.Reload(ctx) != nil, len(ring.Keys()), "keys")
	// Output:
	// 2 keys
	// true 2 keys
}

// freshKey makes a key. In life it is made with openssl and kept somewhere.
func freshKey(id string) *keys.Key {
	key, err := keys.Parse(freshPEM(), keys.WithID(id))
	if err != nil {
		log.Fatal(err)
	}
	return key
}

func keep(dir, name string) {
	if err := os.WriteFile(filepath.Join(dir, name), freshPEM(), 0o600); err != nil {
		log.Fatal(err)
	}
}

func freshPEM() []byte {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		log.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
