package core

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// fieldSettings are the settings that set a field of Config.
var fieldSettings = map[string]string{
	"Keys":                "SECRET_KEY, SECRET_KEY_FILE, PUBLIC_KEY, PUBLIC_KEY_FILE, KEY_DIR, JWKS_FILE, JWKS_URL, OIDC_ISSUER",
	"Signer":              "SECRET_KEY, SECRET_KEY_FILE, KEY_DIR",
	"Sources":             "TOKEN_LOCATION, ACCESS_COOKIE_NAME, INSECURE_COOKIE_NAME, TRUSTED_ORIGINS, QUERY_STRING_NAME",
	"Rules.Audience":      "AUDIENCE",
	"Rules.Issuer":        "ISSUER",
	"Rules.Leeway":        "LEEWAY",
	"Rules.Required":      "REQUIRED_CLAIMS",
	"Rules.MaxTokenBytes": "MAX_TOKEN_BYTES",
	"Lifetime":            "EXPIRATION_DELTA",
	"NotBefore":           "NOT_BEFORE_DELTA",
	"Realm":               "DEFAULT_REALM",
	"Scheme":              "AUTH_HEADER_PREFIX",
	"Login.Path":          "AUTH_URL_RULE",
	"Login.Name":          "AUTH_ENDPOINT",
	"Login.Methods":       "AUTH_URL_OPTIONS",
	"Login.UsernameField": "AUTH_USERNAME_KEY",
	"Login.PasswordField": "AUTH_PASSWORD_KEY",
}

// byVariable adds to mistakes in a Config that ReadEnv has filled the variables that
// would mend them: whoever operates a program may have no other way to its fields.
func byVariable(bad setup.Mistakes, prefix string) setup.Mistakes {
	if prefix == "" {
		return bad
	}
	told := make(setup.Mistakes, len(bad))
	for i, err := range bad {
		m, ok := errors.AsType[*Mistake](err)
		if !ok {
			field, found, _ := strings.Cut(err.Error(), ": ")
			m = &Mistake{Field: field, Found: found, Err: err}
		}
		field, _, _ := strings.Cut(m.Field, "[")
		if told[i] = err; fieldSettings[field] != "" {
			own := *m
			own.Fix = strings.TrimPrefix(fmt.Sprintf("%s; in the environment: %s", m.Fix, prefix+strings.ReplaceAll(fieldSettings[field], ", ", ", "+prefix)), "; ")
			told[i] = &own
		}
	}
	return told
}
