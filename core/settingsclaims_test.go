package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

type claims = core.Payload

var envClaimTests = []struct {
	name   string
	env    []string
	claims claims
	want   error // nil: accepted
}{
	{"no settings", nil, claims{"exp": 60}, nil},
	{"no settings: expired", nil, claims{"exp": -1}, core.Expired},
	{"no settings: exp is required", nil, claims{}, core.MissingClaim},
	{"no settings: iat is not looked at", nil, claims{"exp": 60, "iat": 99}, nil},

	{"leeway bridges", []string{"JWT_LEEWAY=10"}, claims{"exp": -9}, nil},
	{"leeway ends", []string{"JWT_LEEWAY=10"}, claims{"exp": -10}, core.Expired},
	{"leeway as duration", []string{"JWT_LEEWAY= 1m30s "}, claims{"exp": -89}, nil},
	{"leeway for nbf", []string{"JWT_LEEWAY=5m"}, claims{"exp": 900, "nbf": 300}, nil},
	{"leeway 0", []string{"JWT_LEEWAY=0"}, claims{"exp": 0}, core.Expired},
	{"leeway 0: nbf", []string{"JWT_LEEWAY=0s"}, claims{"exp": 60, "nbf": 1}, core.NotYetValid},
	{"no settings: nbf", nil, claims{"exp": 60, "nbf": 30}, nil},
	{"no settings: nbf is far", nil, claims{"exp": 60, "nbf": 31}, core.NotYetValid},

	{"verify all: exp", []string{"JWT_VERIFY_CLAIMS=signature,exp,nbf,iat"}, claims{"exp": -1}, core.Expired},
	{"verify all: nbf", []string{"JWT_VERIFY_CLAIMS=signature,exp,nbf,iat"}, claims{"exp": 60, "nbf": 99}, core.NotYetValid},
	{"verify all: iat", []string{"JWT_VERIFY_CLAIMS=signature,exp,nbf,iat"}, claims{"exp": 60, "iat": 99}, core.IssuedInFuture},
	{"verify iat", []string{"JWT_VERIFY_CLAIMS=exp, iat"}, claims{"exp": 60, "nbf": 99, "iat": 99}, core.IssuedInFuture},
	{"verify exp only", []string{"JWT_VERIFY_CLAIMS=exp"}, claims{"exp": 60, "nbf": 99, "iat": 99}, nil},
	{"verify exp only: expired", []string{"JWT_VERIFY_CLAIMS=exp"}, claims{"exp": -1}, core.Expired},
	{"verify exp only: required", []string{"JWT_VERIFY_CLAIMS=exp"}, claims{}, core.MissingClaim},
	{"verify nothing", []string{"JWT_VERIFY_CLAIMS="}, claims{"exp": -1, "nbf": 99, "iat": 99}, nil},
	{"verify nothing: no exp", []string{"JWT_VERIFY_CLAIMS= "}, claims{}, nil},
	{"verify signature only", []string{"JWT_VERIFY_CLAIMS=signature"}, claims{"exp": -1}, nil},
	{"verify nothing, exp required", []string{"JWT_VERIFY_CLAIMS=", "JWT_REQUIRED_CLAIMS=exp"}, claims{}, core.MissingClaim},
	{"exp required, verify nothing", []string{"JWT_REQUIRED_CLAIMS=exp", "JWT_VERIFY_CLAIMS="}, claims{}, core.MissingClaim},
	{"verify nothing, exp required: past", []string{"JWT_VERIFY_CLAIMS=", "JWT_REQUIRED_CLAIMS=exp"}, claims{"exp": -1}, nil},
	{"verify nothing, iat required", []string{"JWT_VERIFY_CLAIMS=", "JWT_REQUIRED_CLAIMS=iat"}, claims{"iat": 0}, nil},

	{"required", []string{"JWT_REQUIRED_CLAIMS=tenant, jti"}, claims{"exp": 60, "tenant": 1}, core.MissingClaim},
	{"required: there", []string{"JWT_REQUIRED_CLAIMS=tenant,jti"}, claims{"exp": 60, "tenant": 1, "jti": "x"}, nil},
	{"required: exp still is", []string{"JWT_REQUIRED_CLAIMS=iat"}, claims{"iat": 0}, core.MissingClaim},
	{"required: none but exp", []string{"JWT_REQUIRED_CLAIMS="}, claims{"exp": 60}, nil},
	{"required: none, but exp", []string{"JWT_REQUIRED_CLAIMS="}, claims{}, core.MissingClaim},

	{"issuer", []string{"JWT_ISSUER=https://id.example"}, claims{"exp": 60, "iss": "https://id.example"}, nil},
	{"issuer: another", []string{"JWT_ISSUER=https://id.example"}, claims{"exp": 60, "iss": "https://id.example/"}, core.WrongIssuer},
	{"audience", []string{"JWT_AUDIENCE=orders, bills"}, claims{"exp": 60, "aud": "bills"}, nil},
	{"audience: another", []string{"JWT_AUDIENCE=orders,bills"}, claims{"exp": 60, "aud": "orders,bills"}, core.WrongAudience},
	{"max lifetime", []string{"JWT_MAX_LIFETIME=1m", "JWT_EXPIRATION_DELTA=60"}, claims{"exp": 60, "iat": 0}, nil},
	{"max lifetime: more", []string{"JWT_MAX_LIFETIME=60", "JWT_EXPIRATION_DELTA=60"}, claims{"exp": 61, "iat": 0}, core.BadClaim},
	{"max token bytes", []string{"JWT_MAX_TOKEN_BYTES=100"}, claims{"exp": 60}, core.Malformed},
	{"max token bytes: more", []string{"JWT_MAX_TOKEN_BYTES=20000"}, claims{"exp": 60, "x": strings.Repeat("x", 9000)}, nil},
}

func TestReadEnvClaims(t *testing.T) {
	for _, tt := range envClaimTests {
		t.Run(tt.name, func(t *testing.T) {
			err := envVerify(envAuth(t, tt.env...), envToken(t, envKey(t), tt.claims))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// A dangerous rule is set only where it is needed.
func TestReadEnvInsecureRules(t *testing.T) {
	for _, env := range [][]string{
		{"JWT_VERIFY_CLAIMS=exp,nbf"},
		{"JWT_VERIFY_CLAIMS=nbf", "JWT_REQUIRED_CLAIMS=exp"},
	} {
		if cfg := envConfig(t, env...); cfg.Rules.InsecureNoExpiry || cfg.Rules.InsecureIgnoreNotBefore {
			t.Errorf("%q: got %+v", env, cfg.Rules)
		}
	}
}

// The signature is verified whatever the environment says.
func TestReadEnvAlwaysVerifiesSignature(t *testing.T) {
	other, err := keys.NewSecret([]byte("f7a43c5e11dc057071e2b0cf6128e6e9"))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"", "signature", "exp,nbf,iat"} {
		err := envVerify(envAuth(t, "JWT_VERIFY_CLAIMS="+list), envToken(t, other, claims{"exp": 60}))
		if !errors.Is(err, core.BadSignature) {
			t.Errorf("VERIFY_CLAIMS=%s: got %v, want %v", list, err, core.BadSignature)
		}
	}
}
