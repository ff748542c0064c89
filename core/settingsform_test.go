package core_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// TestReadEnvTimes: how people write a lifetime. What is no form of ours is never
// read as another time than it means, and the error says how to write it.
func TestReadEnvTimes(t *testing.T) {
	const day = 24 * time.Hour
	for value, want := range map[string]any{
		"300": 5 * time.Minute, "1": time.Second, "3600": time.Hour, "86400": day, "604800": 7 * day, "2592000": 30 * day, "7200": 2 * time.Hour, "31536000": 365 * day, "36000": 10 * time.Hour,
		"15m": 15 * time.Minute, "1h30m": 90 * time.Minute, "24h": day, "3600s": time.Hour, "1.5h": 90 * time.Minute, " 90s ": 90 * time.Second, "1m30s": 90 * time.Second,
		"7d": 7 * day, "1d": day, "1d12h": 36 * time.Hour, "30d": 30 * day, "86400000s": 1000 * day, "900000s": 900_000 * time.Second,

		"86400000": "write 1d if it counts milliseconds, and 1000d if it counts seconds", "900000": "write 15m if", "3600000": "write 1h if", "604800000": "write 7d if",
		"60000": "write 1m if", "300000": "write 5m if", "1800000": "write 30m if", "31536000000": "write 365d if",
		"P1D": "write 1d", "PT15M": "write 15m", "PT1H30M": "write 1h30m", "P1W": "write 7d", "pt900s": "write 15m", "P1DT12H": "write 36h",
		"00:15:00": "write 15m", "1.00:00:00": "write 1d", "12:00:00": "write 12h",
		"15 minutes": "write 15m", "15min": "write 15m", "1 hour": "write 1h", "2 hours": "write 2h", "7 days": "write 7d", "1 day": "write 1d", "1w": "write 7d", "2 weeks": "write 14d", "1y": "write 365d",
		"15M": "write 15m", "7D": "write 7d", "1 h": "write 1h", "30 sec": "write 30s", "900000ms ": 15 * time.Minute, "900000 ms": "write 15m",
		"60*15": "write 15m", "60 * 60 * 24 * 7": "write 7d",
		"P": "write whole seconds", "1d1d": "write whole seconds", "d": "write whole seconds", "never": "write whole seconds", "False": "write whole seconds", "-1": "write whole seconds", "0": "write whole seconds",
		"99999999999999999999": "write whole seconds", "99999d": "write whole seconds", "9999999999h": "write whole seconds", "9*9*9*999999999": "write whole seconds", "1e3": "write whole seconds", "timedelta(minutes=15)": "write whole seconds",
		`"15m"`: "quotes", "'15m'": "quotes",
	} {
		cfg := core.Config[string]{}
		err := cfg.ReadEnv("JWT_", []string{"JWT_EXPIRATION_DELTA=" + value})
		switch want := want.(type) {
		case time.Duration:
			if err != nil || cfg.Lifetime != want {
				t.Errorf("%s: got %v, %v; want %v", value, cfg.Lifetime, err, want)
			}
		case string:
			if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("%s: got %v, %v; want an error with %q", value, cfg.Lifetime, err, want)
			}
		}
	}
	for value, want := range map[string]string{"30000": "write 30s if it counts milliseconds", "5000": "no time from 0s to 5m", "PT30S": "write 30s", "1 minute": "write 1m"} {
		if err := new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_LEEWAY=" + value}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("LEEWAY=%s: got %v, want %q in it", value, err, want)
		}
	}
}

// TestReadEnvForms: what a shell, a file or another library's format puts around
// values, in the settings where it is met.
func TestReadEnvForms(t *testing.T) {
	private, public := envKeyPEM(t, "rsa-pkcs8.pem"), envKeyPEM(t, "rsa-spki.pem")
	oneLine := strings.ReplaceAll(private, "\n", `\n`)
	const hex = "1b56bb9a2f5fe555a6323d188a3b99e684331b56bb9a2f5f"
	const meta = "/.well-known/openid-configuration"
	for _, tt := range []struct{ env, want string }{
		{`AUDIENCE=["a","b"]`, "it is an array or an object, and a list here has neither brackets nor quotes; write a,b"},
		{`AUDIENCE=['a', 'b']`, "write the items alone, with commas between them"},
		{`AUDIENCE=["orders"]`, "write orders"},
		{`AUDIENCE="orders"`, `it has " around it`},
		{`AUDIENCE='orders,bills'`, "it has ' around it"},
		{`AUDIENCE="orders","bills"`, `it has " around it`},
		{`AUDIENCE=orders, "bills"`, `it has " around it`},
		{`REQUIRED_CLAIMS=["sub","jti"]`, "write sub,jti"},
		{`REQUIRED_CLAIMS=sub jti`, "write commas between the names"},
		{`REQUIRED_CLAIMS=sub;jti`, "write commas between the names"},
		{`VERIFY_CLAIMS=["exp","nbf"]`, "write exp,nbf"},
		{`VERIFY_CLAIMS=true`, "the words are signature, exp, nbf, iat"},
		{`TOKEN_LOCATION=["headers"]`, "write headers"},
		{`TOKEN_LOCATION=header`, "the words are headers, cookies, query_string"},
		{`TOKEN_LOCATION=header: Authorization`, "the words are headers"},
		{`ISSUER="https://id.example.com"`, `it has " around it`},
		{`ISSUER=["https://id.example.com"]`, "write https://id.example.com"},
		{`ISSUER=https://id.example.com` + meta, `is where an issuer's metadata are, and not the issuer; write https://id.example.com,`},
		{`ISSUER=https://id.example.com/realms/a` + meta, "write https://id.example.com/realms/a,"},
		{`ISSUER=https://id.example.com/.well-known/jwks.json`, "is where keys are, and no issuer"},
		{`ISSUER=https://a.example,https://b.example`, "it names several issuers"},
		{`OIDC_ISSUER=https://id.example.com` + meta, "write https://id.example.com,"},
		{`OIDC_ISSUER=https://id.example.com/.well-known/oauth-authorization-server`, "write https://id.example.com,"},
		{`OIDC_ISSUER="https://id.example.com"`, `it has " around it`},
		{`JWKS_URL=https://id.example.com` + meta, "set JWT_OIDC_ISSUER to https://id.example.com"},
		{`JWKS_URL=/etc/keys/jwks.json`, "set JWT_JWKS_FILE"},
		{`JWKS_FILE=https://id.example.com/.well-known/jwks.json`, "set JWT_JWKS_URL"},
		{`KEY_DIR=https://id.example.com/keys`, "set JWT_JWKS_URL"},
		{`PUBLIC_KEY=https://id.example.com/key.pem`, "set JWT_JWKS_URL"},
		{`ALGORITHM=["RS256"]`, "write RS256"},
		{`ALGORITHM="RS256"`, `it has " around it`},
		{`AUTH_HEADER_PREFIX="Bearer"`, `it has " around it`},
		{`AUTH_HEADER_PREFIX=Bearer:`, "as Bearer"},
		{`AUTH_HEADER_PREFIX=Bearer {token}`, "as Bearer"},
		{`DEFAULT_REALM="Login Required"`, `it has " around it`},
		{`AUTH_USERNAME_KEY="email"`, `it has " around it`},
		{`AUTH_URL_RULE="/auth"`, "is not a plain path"},
		{`QUERY_STRING_NAME=?token=`, "write the name alone, as access_token"},
		{`MAX_TOKEN_BYTES="8192"`, `it has " around it`},

		{`SECRET_KEY="` + hex + `"`, `it has " around it`},
		{`SECRET_KEY='` + hex + `'`, "it has ' around it"},
		{`SECRET_KEY=\"` + hex + `\"`, `it has \" around it`},
		{`SECRET_KEY=` + hex + ` `, "there is a space or a line break around it"},
		{`SECRET_KEY= ` + hex, "there is a space or a line break around it"},
		{"SECRET_KEY=" + hex + "\n", "there is a space or a line break around it"},
		{"SECRET_KEY=" + envSecret + "\r\n", "there is a space or a line break around it"},
		{"SECRET_KEY_FILE=" + envFile(t, hex+"\n\n"), "there is a space or a line break around it"},
		{`SECRET_KEY="` + oneLine + `"`, `it has " around it`},
		{`SECRET_KEY='` + private + `'`, "it has ' around it"},
		{`SECRET_KEY=` + strings.ReplaceAll(private, "\n", `\\n`), `its line breaks are written \\n, with a backslash too many; write \n`},
		{`PUBLIC_KEY="` + public + `"`, `it has " around it`},
		{`PUBLIC_KEY=` + strings.ReplaceAll(public, "\n", `\\n`), "a backslash too many"},
		{"PUBLIC_KEY_FILE=/etc/jwt/no-such-key.pem", "/etc/jwt/no-such-key.pem"},
		{"SECRET_KEY_FILE=/etc/jwt/no-such-key.pem", "/etc/jwt/no-such-key.pem"},
	} {
		err := new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_" + tt.env})
		name, _, _ := strings.Cut(tt.env, "=")
		if err == nil {
			t.Errorf("%.60s: got no error, want %q", tt.env, tt.want)
			continue
		}
		if m, ok := errors.AsType[*core.Mistake](err); !ok || m.Field != "JWT_"+name || !strings.Contains(err.Error(), tt.want) || len(setup.Each(err)) != 1 {
			t.Errorf("%.60s: got %v\nwant one mistake with %q", tt.env, err, tt.want)
		}
		coretest.Lacks(t, tt.env, []byte(err.Error()), hex, "MII", "1b56bb9a2f5fe555a632")
	}
	// These are values that only look like such mistakes.
	for _, env := range []string{
		`SECRET_KEY="x9$k&2;(q!Zp) 0~w^7#r{v}L<8>u` + "`" + `a"`, "SECRET_KEY=" + envSecret,
		`DEFAULT_REALM=Login "here"`, "ISSUER=https://tenant.auth0.example/", "AUDIENCE=my api, https://api.example/x?y=[z]", `AUDIENCE=a"b`,
		"JWKS_URL=https://id.example.com/.well-known/jwks.json", "JWKS_URL=https://id.example.com/oauth2/keys?p=1",
	} {
		if err := new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_" + env}); err != nil {
			t.Errorf("%s: got %v", env, err)
		}
	}
	// Whoever has such a secret everywhere can say so.
	if err := new(core.Config[string]).ReadEnv("JWT_", []string{`JWT_SECRET_KEY="` + hex + `"`, "JWT_INSECURE_GUESSABLE_SECRET=1"}); err != nil {
		t.Error(err)
	}
}

// TestReadEnvRandomSecrets: no random secret is taken for one with something around it.
func TestReadEnvRandomSecrets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n, first, kinds int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(first + random.IntN(kinds))
		}
		return string(b)
	}
	for range 3_000 {
		for _, secret := range []string{text(32, 1, 255), text(40, '!', 94)} {
			if err := new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_SECRET_KEY=" + secret}); err != nil {
				t.Errorf("%q: %v", secret, err)
			}
		}
	}
}
