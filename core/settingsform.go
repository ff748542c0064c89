package core

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// wellFormed refuses what stands around a value and is none of it. Where the
// value is a secret, it must not be in the error, and is not.
func (r *reading) wellFormed(name, value string) bool {
	if quote, inside, ok := quoted(value); ok && inside != "" {
		r.bad(name, "write it without: the quotes of a shell or a .env file are no part of a value, and docker's --env-file, Kubernetes and systemd keep them",
			"it has %s around it", quote)
		return false
	}
	return true
}

// quoted returns what is between quotes, if a value begins and ends with the same.
func quoted(value string) (quote, inside string, ok bool) {
	value = strings.TrimSpace(value)
	for _, quote := range []string{`"`, "'", "`", `\"`} {
		if len(value) >= 2*len(quote) && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return quote, value[len(quote) : len(value)-len(quote)], true
		}
	}
	return "", "", false
}

// plainSecretText is what people make secrets of: hexadecimal, base64, a word. Of
// random characters of all kinds a text is never that, so that quotes or a space
// around it may well belong to it.
var plainSecretText = regexp.MustCompile(`^[A-Za-z0-9+/=_.-]+$`)

// secretForm refuses what a shell, a file or a copy has put around a secret: other
// programs that have the same one would not have that, and no signature would fit.
func (r *reading) secretForm(k envKey) bool {
	trimmed := strings.TrimSpace(k.text)
	_, inside, isQuoted := quoted(trimmed)
	switch {
	case isQuoted && plainSecretText.MatchString(inside):
		return r.wellFormed(k.name, trimmed)
	case !setup.PrintableASCII(trimmed): // random bytes, of which any may be a space
	case trimmed != k.text && plainSecretText.MatchString(trimmed), strings.Trim(k.text, "\r\n") != k.text:
		r.bad(k.name, "remove it: it would be part of the secret; echo -n writes none", "there is a space or a line break around it")
		return false
	}
	return true
}

// pemForm refuses what a shell or a copy has made of a PEM.
func (r *reading) pemForm(k envKey) bool {
	if k.pem() && strings.Contains(k.text, `\\n`) {
		r.bad(k.name, `write \n, or real line breaks`, `its line breaks are written \\n, with a backslash too many`)
		return false
	}
	return !k.pem() || r.wellFormed(k.name, k.text)
}

// refuseJSON refuses a list that is written as JSON or Python does.
func (r *reading) refuseJSON(name, value string) bool {
	value = strings.TrimSpace(value)
	if value == "" || !strings.ContainsRune("[({", rune(value[0])) {
		return false
	}
	fix := "write the items alone, with commas between them"
	if raw, err := strictjson.Array(value, nil); err == nil {
		var items []string
		for _, e := range raw {
			if s, ok := strictjson.String(e); ok && s != "" && !strings.Contains(s, ",") {
				items = append(items, s)
			}
		}
		if list := strings.Join(items, ","); len(items) == len(raw) && len(items) > 0 && len(list) < 200 {
			fix = fmt.Sprintf("write %s", list)
		}
	}
	r.bad(name, fix, "it is an array or an object, and a list here has neither brackets nor quotes")
	return true
}

// refuseURL refuses what is a place on an issuer's server, and not the issuer: an
// iss is compared to the letter.
func (r *reading) refuseURL(name, value string) bool {
	if issuer, where, found := strings.Cut(value, "/.well-known/"); found {
		if strings.HasPrefix(where, "jwks") {
			r.bad(name, fmt.Sprintf("write %s here, if tokens say so in iss, and set %sJWKS_URL or %sOIDC_ISSUER to have the keys fetched", issuer, r.prefix, r.prefix), "%.200q is where keys are, and no issuer", value)
		} else {
			r.bad(name, fmt.Sprintf("write %s, or as the document there says behind \"issuer\"", issuer), "%.200q is where an issuer's metadata are, and not the issuer", value)
		}
		return true
	}
	if strings.Contains(value, ",http") {
		r.bad(name, "write one; further ones are Config.Providers, in the program", "it names several issuers")
		return true
	}
	return false
}
