package core_test

import (
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

// foreignNames are what public programs and tutorials call their settings, under
// JWT_, and the setting that each is told to use: "" for those that only the
// program can set.
var foreignNames = []struct{ names, setting string }{
	{"SECRET SIGNING_KEY SIGN_KEY SIGNING_SECRET HMAC_SECRET KEY _Key TOKEN_SECRET ACCESS_SECRET ACCESS_TOKEN_SECRET AUTH_SECRET " +
		"APP_SECRET SHARED_SECRET SECRETKEY SECRET_TOKEN API_SECRET USER_SECRET SECRET_OR_KEY PRIVATE_KEY RSA_PRIVATE_KEY PRIV_KEY JWT_SECRET jwtSecret " +
		"SESSION_SECRET PASSWORD SALT SECRET_STRING IssuerSigningKey LOGIN_SECRET", "SECRET_KEY"},
	{"SECRET_FILE SECRET_PATH PRIVATE_KEY_FILE PRIVATE_KEY_PATH KEY_FILE KEY_PATH PRIVATE_KEY_LOCATION PRIV_KEY_FILE RSA_PRIVATE_KEY_FILE SIGNING_KEY_FILE KEYSTORE KEYSTORE_PATH", "SECRET_KEY_FILE"},
	{"VERIFYING_KEY PUB_KEY RSA_PUBLIC_KEY PUBLIC_KEYS PUBLICKEY CERT CERTIFICATE VERIFICATION_KEY PUBLIC_PEM", "PUBLIC_KEY"},
	{"PUBLIC_KEY_PATH PUBLIC_KEY_LOCATION PUB_KEY_FILE VERIFYING_KEY_FILE CERT_FILE CERT_PATH RSA_PUBLIC_KEY_FILE", "PUBLIC_KEY_FILE"},
	{"JWKS JWKS_URI JWK_URL JWK_SET_URI JWKS_ENDPOINT CERTS_URL KEYS_URL KEY_SET_URL", "JWKS_URL"},
	{"JWKS_PATH JWKS_LOCATION JWKS_JSON", "JWKS_FILE"},
	{"KEYS_DIR KEY_DIRECTORY KEYS_PATH", "KEY_DIR"},
	{"ISSUER_URL ISSUER_URI ISSUER_BASE_URL AUTHORITY DISCOVERY_URL OIDC_DISCOVERY_URL WELL_KNOWN_URL METADATA_ADDRESS DOMAIN OIDC", "OIDC_ISSUER"},
	{"ALG ALGO ALGORITHMS SIGNING_ALGORITHM SIGNING_METHOD JWS_ALGORITHMS DECODE_ALGORITHMS METHOD SIGN_ALGORITHM", "ALGORITHM"},
	{"EXPIRES_IN EXP TTL EXPIRATION EXPIRE EXPIRY EXPIRES EXPIRATION_TIME LIFETIME ACCESS_TOKEN_EXPIRES ACCESS_TOKEN_EXPIRES_IN ACCESS_TOKEN_LIFETIME " +
		"ACCESS_TOKEN_EXPIRE_MINUTES ACCESS_EXPIRATION_MINUTES EXPIRATION_MS EXPIRATIONMS ExpirationMs EXPIRE_TIME EXPIRES_IN_SECONDS EXPIRATION_HOURS EXPIRE_HOURS " +
		"EXPIRATION_DAYS ACCESS_TTL TOKEN_TTL TOKEN_LIFETIME VALIDITY TOKEN_VALIDITY_IN_SECONDS DURATION TIMEOUT EXPIRATION_MINUTES ACCESS_EXPIRES ACCESS_EXPIRES_IN " +
		"TOKEN_EXPIRATION TOKEN_EXPIRE_TIME ExpireMinutes ExpiryMinutes EXPIRATION_SECONDS EXPIRES_HOURS TOKEN_EXPIRY EXPIRED EXPIREIN COOKIE_EXPIRES_IN COOKIE_EXPIRE MAX_AGE " +
		"DurationInMinutes LIFESPAN EXPIRES_AT TIME_TO_LIVE EXPIRE_AFTER AUTH_TOKEN_EXPIRES", "EXPIRATION_DELTA"},
	{"NBF NOT_BEFORE ENCODE_NBF", "NOT_BEFORE_DELTA"},
	{"CLOCK_SKEW CLOCK_TOLERANCE CLOCK_SKEW_SECONDS DECODE_LEEWAY ALLOWED_CLOCK_SKEW SKEW ClockSkew", "LEEWAY"},
	{"AUD AUDIENCES DECODE_AUDIENCE ValidAudience EXPECTED_AUDIENCE CLIENT_ID RESOURCE_ID API_IDENTIFIER", "AUDIENCE"},
	{"ISS ISSUERS DECODE_ISSUER ENCODE_ISSUER ValidIssuer TOKEN_ISSUER EXPECTED_ISSUER", "ISSUER"},
	{"REQUIRED REQUIRE_CLAIMS MANDATORY_CLAIMS", "REQUIRED_CLAIMS"},
	{"VERIFY VERIFY_EXPIRATION VERIFY_EXP IGNORE_EXPIRATION VALIDATE_LIFETIME", "VERIFY_CLAIMS"},
	{"HEADER_TYPE HEADER_PREFIX TOKEN_PREFIX PREFIX TOKEN_TYPE SCHEME TOKEN_HEAD_NAME AUTH_HEADER_TYPES AUTH_SCHEME", "AUTH_HEADER_PREFIX"},
	{"TOKEN_LOOKUP LOOKUP LOCATION TOKEN_LOCATIONS", "TOKEN_LOCATION"},
	{"COOKIE COOKIE_NAME AUTH_COOKIE ACCESS_TOKEN_COOKIE_NAME ACCESS_COOKIE", "ACCESS_COOKIE_NAME"},
	{"QUERY_PARAM TOKEN_QUERY QUERY_NAME", "QUERY_STRING_NAME"},
	{"CORS_ORIGINS ALLOWED_ORIGINS", "TRUSTED_ORIGINS"},
	{"REALM REALM_NAME AUTH_REALM", "DEFAULT_REALM"},
	{"AUTH_URL LOGIN_URL LOGIN_PATH AUTH_PATH", "AUTH_URL_RULE"},
	{"USERNAME_KEY USERNAME_FIELD EMAIL_FIELD", "AUTH_USERNAME_KEY"},
	{"PASSWORD_KEY PASSWORD_FIELD", "AUTH_PASSWORD_KEY"},
	{"SECRET_BASE64 SECRET_KEY_BASE64 PRIVATE_KEY_BASE64 PUBLIC_KEY_B64 PRIVATE_KEY_B64 SECRET_HEX SECRET_ENCODING SECRET_IS_BASE64 ENCODING", "KEY_ENCODING"},
	{"MAX_SIZE MAX_TOKEN_LENGTH", "MAX_TOKEN_BYTES"},

	{"REFRESH_SECRET REFRESH_TOKEN_EXPIRES REFRESH_EXPIRES_IN REFRESH_TTL REFRESH_COOKIE_NAME REFRESH_TOKEN_SECRET ALLOW_REFRESH MAX_REFRESH REFRESH_EXPIRATION_DELTA", ""},
	{"BLACKLIST_ENABLED BLOCKLIST_ENABLED BLACKLIST_GRACE_PERIOD BLACKLIST_TOKEN_CHECKS", ""},
	{"ACCESS_COOKIE_PATH COOKIE_SECURE COOKIE_SAMESITE COOKIE_DOMAIN COOKIE_CSRF_PROTECT CSRF_IN_COOKIES CSRF_METHODS ACCESS_CSRF_COOKIE_NAME ACCESS_CSRF_HEADER_NAME CSRF_CHECK_FORM SESSION_COOKIE", ""},
	{"HEADER HEADER_NAME AUTH_HEADER JSON_KEY IDENTITY_CLAIM IDENTITY_KEY USER_ID_CLAIM ROLE_CLAIM_KEY AUTHORITIES_CLAIM_NAME AUTHORITY_PREFIX ERROR_MESSAGE_KEY", ""},
	{"JWK PRIVATE_JWK PASSPHRASE PRIVATE_KEY_PASSPHRASE KEY_ID KID CLIENT_SECRET TYPE TYP SUBJECT SCOPE PAYLOAD_HANDLER ENABLED", ""},
}

// TestForeignNames: whoever brings a name from elsewhere is told the setting that
// means the same, in which unit, and not the one whose letters are alike.
func TestForeignNames(t *testing.T) {
	ours := map[string]bool{}
	for name := range core.EnvSettings() {
		ours[name] = true
	}
	for _, row := range foreignNames {
		for name := range strings.FieldsSeq(row.names) {
			if ours[name] {
				t.Errorf("%s is a setting of ours: take it off this list", name)
				continue
			}
			err := new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_" + name + "=1"})
			got := err.Error()
			want := "jwtgate: JWT_" + name + ": there is no such setting; did you mean JWT_" + row.setting + "?"
			if row.setting == "" {
				if want = "; "; strings.Contains(got, "did you mean") || strings.Contains(got, "core.EnvSettings") || strings.Contains(got, "%") {
					want = "an answer that names no setting"
				}
			} else if !ours[row.setting] {
				t.Errorf("%s is told to be %s, which is no setting", name, row.setting)
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %s\nwant %s", name, got, want)
			}
		}
	}
}

// TestForeignNamesUnits: the value of a name that counts in another unit is not
// taken over with it.
func TestForeignNamesUnits(t *testing.T) {
	for name, want := range map[string]string{
		"EXPIRATION_MS": "not in milliseconds", "EXPIRATION_MILLIS": "not in milliseconds", "ACCESS_TOKEN_EXPIRE_MINUTES": "not in minutes",
		"EXPIRE_HOURS": "not in hours", "EXPIRATION_DAYS": "not in days", "EXPIRES_IN": "in seconds or as 15m)", "EXPIRATION_SECONDS": "as 15m)",
		"CLOCK_SKEW": "in seconds or as 15m)", "CLOCK_SKEW_MS": "not in milliseconds", "EXPIREMIN": "not in minutes",
	} {
		err := new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_" + name + "=1"})
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", name, err, want)
		}
	}
}

// TestNearNames: a slip of the keyboard is seen; of anything else nothing is guessed.
func TestNearNames(t *testing.T) {
	for name, want := range map[string]string{
		"LEEWY": "LEEWAY", "VERFIY_CLAIMS": "VERIFY_CLAIMS", "ISSURE": "ISSUER", "AUDIENSE": "AUDIENCE", "issuer": "ISSUER", "SECRET_KEY_FIEL": "SECRET_KEY_FILE",
		"ALGORITM": "ALGORITHM", "EXPIRATON_DELTA": "EXPIRATION_DELTA", "TOKEN-LOCATION": "TOKEN_LOCATION", "JwksUrl": "JWKS_URL", "DEFAULT_RELAM": "DEFAULT_REALM",
		"X": "", "MODE_OF_OPERATION": "", "FOO": "", "EXTRA": "", "NAME": "", "PORT_TCP": "", "COLOR": "", "": "",
	} {
		err := new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_" + name + "=1"})
		got := err.Error()
		if want == "" && strings.Contains(got, "did you mean") || want != "" && !strings.HasSuffix(got, "did you mean JWT_"+want+"?") {
			t.Errorf("%s: got %s, want %q", name, got, want)
		}
	}
}
