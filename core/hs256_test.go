package core_test

import (
	"crypto/hmac"
	"crypto/sha256"
)

// hs256 is RFC 7515 appendix A.1 by the standard library alone, so that the
// tests do not check the module's signatures by the module.
func hs256(secret []byte, input string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return mac.Sum(nil)
}
