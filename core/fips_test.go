package core_test

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestFIPSOnlySecret: where crypto/hmac would panic at the first token, the secret
// is refused when it is made. The mode is chosen at the start of a process.
func TestFIPSOnlySecret(t *testing.T) {
	if !fips140.Enforced() {
		again := exec.Command(os.Args[0], "-test.run=^TestFIPSOnlySecret$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only")
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFIPSOnlySecret") {
			t.Errorf("with GODEBUG=fips140=only: %v\n%s", err, out)
		}
		return
	}
	for length, taken := range map[int]bool{13: false, 14: true, 32: true} {
		key, err := keys.NewSecret([]byte("k7Qm2zR9w4Lx8Vb1Nc6Td3Hf5Jg0PsYu")[:length], keys.InsecureShortSecret())
		if (err == nil) != taken {
			t.Errorf("a secret of %d bytes: got %v, want taken %v", length, err, taken)
		}
		if err == nil {
			if _, err := core.Encoder(key)(t.Context(), nil, core.Payload{"sub": "joe", "exp": int64(1 << 40)}); err != nil {
				t.Errorf("a secret of %d bytes: %v", length, err)
			}
		} else if !strings.Contains(err.Error(), "FIPS 140-only") {
			t.Errorf("got %v, want the mode named", err)
		}
	}
}
