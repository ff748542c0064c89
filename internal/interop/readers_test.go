package interop_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

// python is the Python to ask: Debian's, for which there are packages.
func python() string {
	if name := os.Getenv("JWTGATE_PYTHON"); name != "" {
		return name
	}
	return "/usr/bin/python3"
}

// needPython skips a test where there is no Python with PyJWT and authlib, or fails
// it with JWTGATE_PEERS=required.
func needPython(t *testing.T) {
	t.Helper()
	err := exec.Command(python(), "-c", "import authlib.jose, cryptography, jwt; jwt.PyJWKClient").Run()
	switch {
	case err == nil:
	case os.Getenv("JWTGATE_PEERS") == "required":
		t.Fatalf("JWTGATE_PEERS is required, but %s has no PyJWT and authlib: %v", python(), err)
	default:
		t.Skipf("this test needs PyJWT, authlib and cryptography of %s: %v", python(), err)
	}
}

// TestForeignReaders: the readers of TestPublishedKeys that are not written in Go.
// Each fetches our key set by itself and verifies our token with what it finds there.
func TestForeignReaders(t *testing.T) {
	who := must(core.NewClaims(map[string]any{"sub": "joe"}))
	var names []string
	var asked []task
	for name, a := range publishers(t) {
		issued := must(a.Issue(t.Context(), core.Moment{}, who))
		names = append(names, name)
		asked = append(asked, task{
			"url": serveHTTP(t, a) + "/.well-known/jwks.json", "token": issued.Token, "alg": headerOf(t, issued.Token)["alg"],
			"issuer": issuerURL, "audience": api,
		})
	}
	for _, tt := range []struct {
		reader, do string
		need       func(*testing.T)
		program    []string
	}{
		{"jose", "verify", needPeers, []string{"node", "jose.mjs"}},
		{"jwks-rsa", "verifyByJwksRsa", needPeers, []string{"node", "jose.mjs"}},
		{"PyJWT", "pyjwt", needPython, []string{python(), "readers.py"}},
		{"authlib", "authlib", needPython, []string{python(), "readers.py"}},
	} {
		t.Run(tt.reader, func(t *testing.T) {
			tt.need(t)
			for _, a := range asked {
				a["do"] = tt.do
			}
			var answers []result
			if ask(t, asked, &answers, tt.program...); len(answers) != len(asked) {
				t.Fatalf("got %d answers to %d questions", len(answers), len(asked))
			}
			for i, answer := range answers {
				if answer.Payload["sub"] != "joe" {
					t.Errorf("%s: alg %v: %q %v", names[i], asked[i]["alg"], answer.Error, answer.Payload)
				}
			}
		})
	}
}
