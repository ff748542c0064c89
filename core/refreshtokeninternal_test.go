package core

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestRefreshTokenOfARealm: the same bytes are another token elsewhere, and open
// nothing there.
func TestRefreshTokenOfARealm(t *testing.T) {
	here := newRefreshToken("here")
	there, _ := parseRefreshToken("there", here.String())
	if here.sessionID() == there.sessionID() || here.hash() == there.hash() {
		t.Error("a token is the same in two realms")
	}
	sealed, err := here.seal(Issued{Token: "a.b.c", RefreshToken: here.next().String()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.unseal(sealed, tokenNow); err == nil {
		t.Error("what was sealed in one realm opens in another")
	}
	if _, err := here.unseal(sealed, tokenNow); err != nil {
		t.Error(err)
	}
}

// TestRefreshTokenPrints: not a byte of it, whatever the verb.
func TestRefreshTokenText(t *testing.T) {
	token := newRefreshToken("r")
	again, ok := parseRefreshToken("r", token.String())
	if !ok || again != token || len(token.String()) != refreshTokenLength || !isSessionID(token.sessionID()) {
		t.Errorf("%q does not come back", token.String())
	}
	next := token.next()
	if next == token || next.sessionID() != token.sessionID() || next.hash() == token.hash() || newRefreshToken("r").sessionID() == token.sessionID() {
		t.Error("families do not hold together")
	}
	issued := Issued{Token: "a.b.c", RefreshToken: next.String(), ID: "jti", Expires: tokenNow.Add(time.Minute)}
	one, err1 := token.seal(issued)
	two, err2 := token.seal(issued)
	if err := errors.Join(err1, err2); err != nil || string(one) == string(two) || strings.Contains(string(one), "a.b.c") {
		t.Errorf("sealed twice: %v, the same: %v", err, string(one) == string(two))
	}
	back, err := token.unseal(one, tokenNow)
	if err != nil || back.Token != "a.b.c" || back.RefreshToken != next.String() || back.ID != "jti" || back.ExpiresIn != time.Minute {
		t.Errorf("got %+v, %v", back, err)
	}
	if _, err := next.unseal(one, tokenNow); !errors.Is(err, errSealed) {
		t.Errorf("with another token of the family: got %v", err)
	}
	one[len(one)-1] ^= 1
	if _, err := token.unseal(one, tokenNow); !errors.Is(err, errSealed) {
		t.Errorf("changed: got %v", err)
	}
}

var tokenNow = time.Unix(1_800_000_000, 0).UTC()
