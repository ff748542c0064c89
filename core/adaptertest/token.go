package adaptertest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
)

// now is the only time there is: 15 January 2027, 08:00:00 UTC.
const now = 1_800_000_000

func clock() time.Time { return time.Unix(now, 0) }

// secret is the HMAC key of the tokens that are forged here.
const secret = "8d1f0c5e2b7a4963d0e81f5c2a9b7e46"

// keys are made once for all frameworks, so that they sign alike.
type list struct {
	private *rsa.PrivateKey
	public  []byte // PEM
	rsa     *keys.Key
	secret  *keys.Key
	both    keys.Source
}

var testKeys = sync.OnceValue(func() list {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	check(err)
	publicDER, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	check(err)
	k := list{private: private, public: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})}
	k.rsa, err = keys.Parse(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER}), keys.WithID("rsa"))
	check(err)
	k.secret, err = keys.NewSecret([]byte(secret), keys.WithID("secret"))
	check(err)
	k.both, err = keys.NewSet(k.rsa, k.secret)
	check(err)
	return k
})

// check ends the program: without its keys no test can run.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// hs is a token with the given header and payload, whatever they are, signed
// with HMAC SHA-256.
func hs(header, payload string) string { return hsWith(secret, header, payload) }

func hsWith(secret, header, payload string) string {
	return signed(secret, encode(header)+"."+encode(payload))
}

func signed(secret, input string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(input))
	return input + "." + encode(string(mac.Sum(nil)))
}

// rs is hs, but signed with RSA PKCS #1 v1.5 and SHA-256.
func rs(header, payload string) string {
	input := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, testKeys().private, crypto.SHA256, sum[:])
	check(err)
	return input + "." + encode(string(signature))
}

const (
	hs256 = `{"alg":"HS256","typ":"JWT"}`
	rs256 = `{"alg":"RS256","typ":"JWT"}`
)

// payload is that of a good token, with more members where more is not empty.
func payload(sub, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"sub":%q,"role":"user","exp":%d%s}`, sub, now+300, more)
}

// good is a good token.
func good(sub string) string { return hs(hs256, payload(sub, "")) }

// with is a good token of joe's with more claims in it.
func with(more string) string { return hs(hs256, payload("joe", more)) }

// claims is a token with exactly these claims.
func claims(payload string) string { return hs(hs256, payload) }

// header is a good token of joe's under another header.
func header(header string) string { return hs(header, payload("joe", "")) }
