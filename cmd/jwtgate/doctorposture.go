package main

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// posture makes the Auth, and says what it does not check. What no variable sets, as
// Revocation, is up to the program, and nothing is known of it here; of a key's file
// keys has told.
func (d *diagnosis) posture(prefix string, cfg core.Config[*core.Claims]) {
	cfg.Observer = nil
	auth, err := core.New(cfg)
	if err != nil {
		d.mistakes(err)
		return
	}
	for _, gap := range auth.Posture() {
		if gap.Insecure || strings.HasPrefix(gap.Field, "Rules.") || strings.HasPrefix(gap.Field, "Sources") {
			d.add("posture", "warn", gap.Field+": "+gap.Text, prefixed(gapFix(gap), prefix))
		}
	}
}

// gapFixes say how to close a gap that the environment leaves, by the end of its field.
// JWT_ stands for the prefix.
var gapFixes = []struct{ field, fix string }{
	{"Rules.Audience", "set JWT_AUDIENCE to what the issuer writes into aud for this service"},
	{"Rules.Issuer", "set JWT_ISSUER to what the issuer writes into iss, to the letter"},
	{"Rules.MaxLifetime", "set JWT_MAX_LIFETIME to the longest that its tokens live"},
	{"Rules.Types", "set Rules.Types in the program, to at+jwt if the issuer writes that"},
	{"InsecureNoExpiry", "add exp to JWT_VERIFY_CLAIMS, or unset that"},
	{"InsecureIgnoreExpiry", "add exp to JWT_VERIFY_CLAIMS, or unset that"},
	{"InsecureIgnoreNotBefore", "add nbf to JWT_VERIFY_CLAIMS, or unset that"},
	{"InsecureShortSecret", "make a secret with: openssl rand -hex 32, and unset JWT_INSECURE_SHORT_SECRET"},
	{"InsecureGuessableSecret", "make a secret with: openssl rand -hex 32, and unset JWT_INSECURE_GUESSABLE_SECRET"},
	{"InsecureName", "name the cookie __Host-… in JWT_ACCESS_COOKIE_NAME, and unset JWT_INSECURE_COOKIE_NAME"},
}

func gapFix(gap core.Gap) string {
	for _, row := range gapFixes {
		if strings.HasSuffix(gap.Field, row.field) {
			return row.fix
		}
	}
	return "take query_string out of JWT_TOKEN_LOCATION, or keep URLs out of logs" // what else it may be of sources
}

func prefixed(text, prefix string) string { return strings.ReplaceAll(text, "JWT_", prefix) }
