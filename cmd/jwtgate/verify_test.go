package main_test

import (
	"cmp"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestVerifyAgrees: with one environment a server's gate and verify say the same of
// each token, in kind and reason, and verify of flags that mean the same does too.
func TestVerifyAgrees(t *testing.T) {
	bin, dir := build(t), t.TempDir()
	key := jwttest.RSA()
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := public.JWK()
	if err != nil {
		t.Fatal(err)
	}
	file := dir + "/public.jwk"
	if err := os.WriteFile(file, jwk, 0o600); err != nil {
		t.Fatal(err)
	}
	good := core.Payload{"sub": "joe", "iss": "https://id.example.com", "aud": "orders", "tenant": "a"}
	mint := func(k *keys.Key, change core.Payload, opts ...jwttest.Option) string {
		p := core.Payload{}
		for _, from := range []core.Payload{good, change} {
			for name, v := range from {
				p[name] = v
			}
		}
		return jwttest.Mint(t, k, p, opts...)
	}
	token := mint(key, nil)
	hour := time.Now().Add(time.Hour)
	tokens := map[string]string{
		"good": token, "a word": "null", "quoted": `"` + token + `"`, "a JWE": token + ".a.b", "cut": token[:len(token)-40],
		"another's": mint(jwttest.Secret(), nil), "kid": mint(key, nil, jwttest.Header("kid", "old")), "typ": mint(key, nil, jwttest.Header("typ", "id+jwt")),
		"expired": mint(key, nil, jwttest.Expired()), "early": mint(key, core.Payload{"nbf": hour}), "a future iat": mint(key, core.Payload{"iat": hour, "exp": hour.Add(time.Hour)}),
		"iss": mint(key, core.Payload{"iss": "https://id.example.com/"}), "no iss": mint(key, core.Payload{"iss": nil}), "aud": mint(key, core.Payload{"aud": "client"}),
		"no tenant": mint(key, core.Payload{"tenant": nil}), "bound": mint(key, core.Payload{"cnf": map[string]any{"jkt": "x"}}), "sub": mint(key, core.Payload{"sub": 7}),
		"long": mint(key, core.Payload{"exp": hour.Add(9 * time.Hour)}), "old": mint(key, nil, jwttest.At(time.Now().Add(-4*time.Hour))),
	}
	flags := []string{"-key", file, "-aud", "orders,billing", "-iss", "https://id.example.com", "-require", "tenant", "-leeway", "10s"}
	for _, set := range []struct {
		settings string
		flags    []string
	}{
		{"JWT_AUDIENCE=orders,billing JWT_ISSUER=https://id.example.com JWT_REQUIRED_CLAIMS=tenant JWT_LEEWAY=10", flags},
		{"JWT_MAX_LIFETIME=1h JWT_AUDIENCE=orders", nil},
		{"JWT_VERIFY_CLAIMS=signature JWT_AUDIENCE=orders", nil},
	} {
		environ := append(strings.Fields(set.settings), "JWT_PUBLIC_KEY_FILE="+file)
		var cfg core.Config[*core.Claims]
		seen := &jwttest.Recorder{}
		if err := cfg.ReadEnv("JWT_", environ); err != nil {
			t.Fatal(err)
		}
		cfg.Observer = seen
		auth, err := core.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for name, token := range tokens {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			seen.Reset()
			auth.Require()(core.FromHTTP(r))
			e := seen.Events()[0]
			want, why := "", ""
			if e.Kind != 0 {
				refused++
				want = e.Kind.String()
				if e.Cause != nil {
					why = e.Cause.Error()
				}
			}
			for _, args := range [][]string{nil, set.flags} {
				cmd := exec.Command(bin, append([]string{"verify", "-o", "json"}, args...)...)
				cmd.Stdin, cmd.Env = strings.NewReader(token), environ
				if args != nil {
					cmd.Env = []string{}
				}
				var told strings.Builder
				cmd.Stderr = &told
				out, _ := cmd.Output()
				var got struct {
					Accepted bool
					Kind     string
					Findings []struct{ Verdict, Reason string }
				}
				if err := json.Unmarshal(out, &got); err != nil {
					t.Fatalf("%s: %v: %s%s", name, err, out, &told)
				}
				reason := ""
				for _, f := range got.Findings {
					reason = cmp.Or(reason, f.Reason)
				}
				if e.Kind != 0 && why == "" && reason != want && reason != "" { // plain words, where the gate has its kind alone
					reason = ""
				}
				if got.Kind != want || reason != why || got.Accepted != (want == "") || cmd.ProcessState.ExitCode() == 0 != got.Accepted {
					t.Errorf("%s, %s: the gate says %q, %s; verify %q %q, %s, and exits with %d", set.settings, name, want, why, args, got.Kind, reason, cmd.ProcessState.ExitCode())
				}
			}
		}
		if refused < 5 || refused == len(tokens) {
			t.Errorf("%s: %d of %d tokens are refused, which tries little", set.settings, refused, len(tokens))
		}
	}
}

// TestKeyFiles: -key takes all forms of a key that a file may have, to sign and to
// verify; a set, to verify.
func TestKeyFiles(t *testing.T) {
	bin, dir := build(t), t.TempDir()
	call := func(line string) string {
		t.Helper()
		cmd := exec.Command("bash", "-c", "set -o pipefail; "+strings.ReplaceAll(line, "jwtgate", bin))
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if err != nil {
			return err.Error() + ": " + string(out)
		}
		return string(out)
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	call("jwtgate keys new a.pem; jwtgate keys new -alg HS256 secret; jwtgate keys jwks a.pem > set.json; jwtgate keys public a.pem > public.pem")
	secret := `{"kty":"oct","alg":"HS512","kid":"x","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`
	if err := os.WriteFile(dir+"/oct.jwk", []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for signer, verifiers := range map[string][]string{"a.pem": {"a.pem", "public.pem", "set.json"}, "secret": {"secret"}, "oct.jwk": {"oct.jwk"}} {
		for _, v := range verifiers {
			if out := call("jwtgate token mint -key " + signer + " sub=joe 'half=1]' | jwtgate verify -key " + v); !strings.Contains(out, `"half":"1]"`) {
				t.Errorf("%s, %s: %s", signer, v, out)
			}
		}
	}
	for _, line := range []string{"token mint -key public.pem", "token mint -key set.json", "verify -key secret -jwks set.json x"} {
		if out := call("jwtgate " + line); !strings.HasPrefix(out, "exit status") {
			t.Errorf("%s: %s", line, out)
		}
	}
}
