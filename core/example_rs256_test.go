package core_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// One service holds the private key and issues; another holds the public key
// alone: it verifies, and cannot issue.
func ExampleParse() {
	privatePEM, publicPEM := opensslPair() // two files made by openssl, in life

	// Where tokens are issued.
	private, err := keys.Parse(privatePEM)
	if err != nil {
		log.Fatal(err)
	}
	issuer, err := core.New(core.Config[string]{Keys: private})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := issuer.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}

	// Where they are verified.
	public, err := keys.Parse(publicPEM)
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := core.New(core.Config[string]{Keys: public})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	ctx, _, ok := verifier.Require()(core.FromHTTP(r))
	who, _ := verifier.Identity(ctx)
	fmt.Println(ok, who)

	_, err = verifier.Issue(context.Background(), core.Moment{}, "joe")
	fmt.Println(err)
	fmt.Println(private, public)
	// Output:
	// true joe
	// jwtgate: internal: this Auth issues no tokens: Config has no Payload, or nothing that signs
	// Key{RS256, can sign} Key{RS256, verifies only}
}

// A key that does not fit is an error at start-up, which says what to do.
func ExampleParsePair() {
	privatePEM, _ := opensslPair()
	_, otherPEM := opensslPair()
	_, err := keys.ParsePair(privatePEM, otherPEM)
	fmt.Println(err)

	_, err = keys.NewSecret([]byte("too short"))
	fmt.Println(err)
	_, err = keys.NewSecret(otherPEM)
	fmt.Println(err)
	// Output:
	// jwtgate: key pair: the private and the public key do not belong together; make the public one with: openssl pkey -in key.pem -pubout -out public.pem
	// jwtgate: secret: HS256 needs at least 32 bytes, this has 9 (RFC 7518 section 3.2); make one with: openssl rand -hex 32
	// jwtgate: secret: it is a PEM text, not a secret; load a key with keys.Parse or keys.Load
}

func opensslPair() (private, public []byte) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		log.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	private = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return private, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
