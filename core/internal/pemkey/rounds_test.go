package pemkey

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"math"
	"os"
	"strings"
	"testing"
)

// TestPBKDF2Rounds: a file says how long its key takes to derive, so that is bounded.
func TestPBKDF2Rounds(t *testing.T) {
	must := func(v any) asn1.RawValue {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return asn1.RawValue{FullBytes: der}
	}
	for rounds, want := range map[int]bool{-1: false, 0: false, 1: true, 2: true, maxPBKDF2: true, maxPBKDF2 + 1: false, math.MaxInt: false} {
		if rounds == maxPBKDF2 && os.Getenv("JWTGATE_NIGHTLY") == "" {
			continue // it takes seconds
		}
		scheme := pbes2Parameters{
			Derivation: pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2, Parameters: must(pbkdf2Parameters{Salt: make([]byte, 8), Rounds: rounds})},
			Encryption: pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, Parameters: must(make([]byte, 16))},
		}
		der := must(encryptedPKCS8{pkix.AlgorithmIdentifier{Algorithm: oidPBES2, Parameters: must(scheme)}, make([]byte, 32)}).FullBytes
		_, err := decryptPKCS8(der, []byte("passphrase"))
		if err == nil || strings.Contains(err.Error(), "rounds of PBKDF2") == want {
			t.Errorf("%d rounds: got %v, want them refused: %v", rounds, err, !want)
		}
	}
}
