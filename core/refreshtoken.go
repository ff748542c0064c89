package core

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// refreshToken is opaque to its holder: 16 bytes that name the family, which all
// tokens of a session share, and 32 that are this token's own. Nobody but core
// and the holders of the session's tokens knows either, so a token of a known
// family that is not the current one was issued once: it proves that somebody
// has a copy.
//
// The session's ID is a hash of the family, so that it can be shown and stored
// without giving the family away.
//
// A token is of a realm, without saying so: its ID, its hash and what is sealed for
// it are others in another realm, even where both share a store.
type refreshToken struct {
	realm  string
	family [16]byte
	secret [32]byte
}

// newRefreshToken is the first of a new family.
func newRefreshToken(realm string) refreshToken {
	t := refreshToken{realm: realm}
	_, _ = rand.Read(t.family[:]) // never fails
	return t.next()
}

// next is another token of the family.
func (t refreshToken) next() refreshToken {
	_, _ = rand.Read(t.secret[:])
	return t
}

// refreshTokenLength is that of 48 bytes in base64url: no bit is left over, so
// there is one way to write a token.
const refreshTokenLength = 64

// parseRefreshToken reads a token that was presented in a realm.
func parseRefreshToken(realm, s string) (t refreshToken, ok bool) {
	var raw [48]byte
	t.realm = realm
	if len(s) != refreshTokenLength {
		return t, false
	}
	// The decoder skips line breaks, and then has too little.
	if n, err := base64.RawURLEncoding.Decode(raw[:], []byte(s)); err != nil || n != len(raw) {
		return t, false
	}
	copy(t.family[:], raw[:16])
	copy(t.secret[:], raw[16:])
	return t, true
}

func (t refreshToken) bytes() []byte { return append(t.family[:], t.secret[:]...) }

// String is the token as its holder gets it.
func (t refreshToken) String() string { return base64.RawURLEncoding.EncodeToString(t.bytes()) }

// sessionID is the ID of the token's session.
func (t refreshToken) sessionID() string {
	sum := sha256.Sum256(append(append([]byte("jwtgate sid\n"), t.family[:]...), t.realm...))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// hash is what a store knows the token by.
func (t refreshToken) hash() sessions.TokenHash {
	return sha256.Sum256(append(append([]byte("jwtgate refresh\n"), t.bytes()...), t.realm...))
}

// isSessionID reports whether a text could be a session's ID.
func isSessionID(s string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(raw) == 16 && len(s) == 22
}

// pair is what a refresh token is exchanged for, as it is sealed.
type pair struct {
	Access  string `json:"a"`
	Refresh string `json:"r"`
	ID      string `json:"i"`
	Expires int64  `json:"e"`
}

// seal encrypts what the token is exchanged for under a key that only the
// token's holder has: the store keeps a hash of the token, which is another.
func (t refreshToken) seal(issued Issued) ([]byte, error) {
	text, err := json.Marshal(pair{issued.Token, issued.RefreshToken, issued.ID, issued.Expires.Unix()})
	if err != nil {
		return nil, err
	}
	box, err := t.box()
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, text, []byte(t.sessionID())), nil
}

// unseal decrypts what seal has made, at the time now.
func (t refreshToken) unseal(sealed []byte, now time.Time) (Issued, error) {
	box, err := t.box()
	if err != nil {
		return Issued{}, err
	}
	text, err := box.Open(nil, nil, sealed, []byte(t.sessionID()))
	var p pair
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return Issued{}, fmt.Errorf("%w: %w", errSealed, err)
	}
	expires := time.Unix(p.Expires, 0).UTC()
	return Issued{Token: p.Access, Expires: expires, ExpiresIn: left(now, expires), ID: p.ID, RefreshToken: p.Refresh}, nil
}

var errSealed = errors.New("what the store returned as sealed does not open with this token")

func (t refreshToken) box() (cipher.AEAD, error) {
	return newBox(t.bytes(), "jwtgate refresh grace\n"+t.realm)
}

// newBox is what seals for whoever has a secret that no store has, for one purpose.
func newBox(secret []byte, purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	// Two racers seal two pairs under one key, so the nonce must not be fixed.
	return cipher.NewGCMWithRandomNonce(block)
}
