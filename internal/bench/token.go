package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

const (
	issuer   = "https://issuer.example.com/"
	audience = "https://api.example.com"
	subject  = "auth0|5f7c8ec7c33c6c004bbafe82"
)

// Input is which of the four kinds of request is sent.
type Input string

// The kinds of request.
const (
	Valid        Input = "valid"
	BadSignature Input = "bad signature"
	Expired      Input = "expired"
	Missing      Input = "missing"
)

var algorithmNames = []string{"HS256", "RS256", "ES256", "EdDSA"}

// text is a token as a string and as bytes, so that no contestant pays for a
// conversion that its API spares others.
type text struct {
	s string
	b []byte
}

// fixture is one algorithm with its key, as the standard library and as core
// have it, and a token of each kind.
type fixture struct {
	Alg     string
	sign    any // []byte or a private key
	verify  any // []byte or a public key
	key     *keys.Key
	tokens  map[Input]text
	claims  core.ClaimRules
	message []byte // of the valid token: what its signature covers
	raw     []byte // of the valid token: the signature
}

// keyring is what parent and server processes must share.
type keyring map[string][]byte

func newKeyring() (keyring, error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	ring := keyring{"HS256": secret}
	for alg, key := range map[string]any{"RS256": rsaKey, "ES256": ecKey, "EdDSA": edKey} {
		if ring[alg], err = marshalKey(key); err != nil {
			return nil, err
		}
	}
	return ring, nil
}

// fixtures makes tokens that live for a day, so that none expires during a run.
func (ring keyring) fixtures() ([]*fixture, error) {
	var all []*fixture
	for _, alg := range algorithmNames {
		f := &fixture{Alg: alg, tokens: map[Input]text{Missing: {}}}
		f.claims = core.ClaimRules{Issuer: issuer, Audience: []string{audience}}
		var err error
		if alg == "HS256" {
			f.sign, f.verify = ring[alg], ring[alg]
			f.key, err = keys.NewSecret(ring[alg])
		} else if f.sign, err = parsePrivate(ring[alg]); err == nil {
			f.verify = f.sign.(crypto.Signer).Public()
			f.key, err = keys.New(f.verify)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", alg, err)
		}
		now := time.Now()
		valid := f.mint(claimsAt(now, now.Add(24*time.Hour)))
		f.tokens[Valid] = toText(valid)
		f.tokens[Expired] = toText(f.mint(claimsAt(now.Add(-2*time.Hour), now.Add(-time.Hour))))
		f.tokens[BadSignature] = toText(spoil(valid))
		dot := strings.LastIndexByte(valid, '.')
		f.message = []byte(valid[:dot])
		if f.raw, err = base64.RawURLEncoding.DecodeString(valid[dot+1:]); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func toText(s string) text { return text{s, []byte(s)} }

// claimsAt are the eight claims of every token here.
func claimsAt(from, until time.Time) string {
	return fmt.Sprintf(`{"iss":%q,"sub":%q,"aud":%q,"exp":%d,"nbf":%d,"iat":%d,"jti":"f3b1e7b4c0d24c7e9f1a","scope":"read:orders write:orders"}`,
		issuer, subject, audience, until.Unix(), from.Unix(), from.Unix())
}

func (f *fixture) mint(claims string) string { return f.mintAs("", claims) }

// mintAs signs claims under a header of alg and typ, in the spelling that all
// contestants take, and of kid if there is one.
func (f *fixture) mintAs(kid, claims string) string {
	return signed(f.Alg, kid, claims, f.sign)
}

func signed(alg, kid, claims string, key any) string {
	header := `{"alg":"` + alg + `","typ":"JWT"}`
	if kid != "" {
		header = `{"alg":"` + alg + `","typ":"JWT","kid":"` + kid + `"}`
	}
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	return input + "." + enc.EncodeToString(signature([]byte(input), key))
}

// signature panics on failure: the keys are our own.
func signature(message []byte, key any) []byte {
	digest := sha256.Sum256(message)
	var sig []byte
	var err error
	switch key := key.(type) {
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write(message)
		return mac.Sum(nil)
	case *rsa.PrivateKey:
		sig, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	case *ecdsa.PrivateKey:
		r, s, e := ecdsa.Sign(rand.Reader, key, digest[:])
		if err = e; err == nil {
			sig = make([]byte, 64)
			r.FillBytes(sig[:32])
			s.FillBytes(sig[32:])
		}
	case ed25519.PrivateKey:
		sig = ed25519.Sign(key, message)
	default:
		err = fmt.Errorf("no algorithm for a %T", key)
	}
	if err != nil {
		panic(err)
	}
	return sig
}

// spoil changes one character in the middle of the signature, where every
// spelling is canonical and the number stays in its range, so that a verifier
// has to do all of its work to notice.
func spoil(token string) string {
	b := []byte(token)
	i := strings.LastIndexByte(token, '.') + 20
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

// padded are the claims of a token of about size characters, with the filling
// that tokens have in practice: a list of short strings.
func (f *fixture) padded(size int, id string) string {
	now := time.Now()
	base := strings.TrimSuffix(claimsAt(now, now.Add(24*time.Hour)), "}")
	make := func(groups int) string {
		var b strings.Builder
		b.WriteString(base + `,"ref":"` + id + `"`)
		for i := range groups {
			if i == 0 {
				b.WriteString(`,"groups":["`)
			} else {
				b.WriteString(`","`)
			}
			fmt.Fprintf(&b, "team-%04d", i)
		}
		if groups > 0 {
			b.WriteString(`"]`)
		}
		b.WriteString("}")
		return b.String()
	}
	token := f.mint(make(0))
	for groups := 1; ; groups++ {
		next := f.mint(make(groups))
		if len(next) > size {
			return token
		}
		token = next
	}
}

// subjectOf reads the subject without any check; the tests compare with it.
func subjectOf(token string) string {
	parts := strings.Split(token, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct{ Sub string }
	_ = json.Unmarshal(payload, &claims)
	return claims.Sub
}
