package core

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// maxDelta bounds the lifetimes in the environment: a longer one is a slip of
// the keyboard, and sums with it must not overflow.
const maxDelta = 100 * 365 * 24 * time.Hour

// text reads a value that is no secret and not empty.
func (r *reading) text(name, value string) (string, bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		r.bad(name, "set it to a value, or unset it", "it is empty")
		return "", false
	}
	return value, r.wellFormed(name, value)
}

// list reads items between commas; an empty value is no items.
func (r *reading) list(name, value string) (items []string, ok bool) {
	if strings.TrimSpace(value) == "" {
		return nil, true
	}
	if !r.wellFormed(name, value) || r.refuseJSON(name, value) {
		return nil, false
	}
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		switch {
		case item == "":
			r.bad(name, "remove the comma", "it has an empty item")
			return nil, false
		case !r.wellFormed(name, item):
			return nil, false
		case slices.Contains(items, item):
			r.bad(name, "remove one", "it has %.64q twice", item)
			return nil, false
		}
		items = append(items, item)
	}
	return items, true
}

// words reads a list of known words.
func (r *reading) words(name, value string, known ...string) (words []string, ok bool) {
	words, ok = r.list(name, value)
	for _, w := range words {
		if !slices.Contains(known, w) {
			r.bad(name, fmt.Sprintf("the words are %s", strings.Join(known, ", ")), "%.64q is unknown", w)
			ok = false
		}
	}
	return words, ok
}

func (r *reading) readLeeway(name, value string) {
	if d, ok := r.delta(name, value, 0, setup.MaxLeeway); ok {
		if r.rules.Leeway = d; d == 0 && !r.flask { // who says 0 means it
			r.rules.Leeway = NoLeeway
		}
	}
}

func (r *reading) readExpiration(name, value string) {
	if d, ok := r.delta(name, value, time.Second, maxDelta); ok {
		r.lifetime = d
	}
}

func (r *reading) readNotBefore(name, value string) {
	if d, ok := r.delta(name, value, 0, maxDelta); ok {
		r.notBefore = d
	}
}

func (r *reading) readRequired(name, value string) {
	required, ok := r.list(name, value)
	if i := slices.IndexFunc(required, func(c string) bool { return strings.ContainsAny(c, " ;\t") }); i >= 0 {
		r.bad(name, "write commas between the names", "%.64q is no claim's name", required[i])
		return
	}
	if !ok {
		return
	}
	r.rules.Required = required
	if r.flask {
		r.rules.InsecureNoExpiry = !slices.Contains(required, "exp")
	}
}

// readVerify switches off what is not listed, but for the signature: that is
// always verified, and listing it is allowed because Flask-JWT had the word.
func (r *reading) readVerify(name, value string) {
	words, ok := r.words(name, value, "signature", "exp", "nbf", "iat")
	if !ok {
		return
	}
	r.rules.InsecureIgnoreNotBefore = !slices.Contains(words, "nbf")
	r.rules.VerifyIssuedAt = slices.Contains(words, "iat")
	r.rules.InsecureIgnoreExpiry = !slices.Contains(words, "exp")
	if r.rules.InsecureIgnoreExpiry {
		r.rules.InsecureNoExpiry = !slices.Contains(r.rules.Required, "exp")
	}
}

func (r *reading) readIssuer(name, value string) {
	if value, ok := r.text(name, value); ok && !r.refuseJSON(name, value) && !r.refuseURL(name, value) {
		r.rules.Issuer = value
	}
}

// readAudience refuses an empty list: it would accept tokens for everybody.
func (r *reading) readAudience(name, value string) {
	if _, ok := r.text(name, value); !ok {
		return
	}
	if list, ok := r.list(name, value); ok {
		r.rules.Audience = list
	}
}

func (r *reading) readEncodeAudience(name, value string) {
	if _, ok := r.text(name, value); !ok {
		return
	}
	if list, ok := r.list(name, value); ok {
		r.audience = list
	}
}

func (r *reading) readMaxLifetime(name, value string) {
	if d, ok := r.delta(name, value, time.Second, maxDelta); ok {
		r.rules.MaxLifetime = d
	}
}

func (r *reading) readMaxTokenBytes(name, value string) {
	value, ok := r.text(name, value)
	if !ok {
		return
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > largestMaxTokenBytes {
		r.bad(name, fmt.Sprintf("unset it for %d", defaultMaxTokenBytes), "%.64q is no number from 1 to %d", value, largestMaxTokenBytes)
		return
	}
	r.rules.MaxTokenBytes = n
}

func (r *reading) readRealm(name, value string) {
	value, ok := r.text(name, value)
	if !ok {
		return
	}
	if !setup.PrintableASCII(value) {
		r.bad(name, "", "%q has characters outside printable ASCII", value)
		return
	}
	r.realm = value
}

// readLoginPath takes paths that are the same to every router: no wildcards,
// nothing that some of them clean up.
func (r *reading) readLoginPath(name, value string) {
	value = strings.TrimSpace(value)
	if value == "" {
		r.login.NoRoute = true
		return
	}
	special := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("/-._~", c)
	}
	if value[0] != '/' || path.Clean(value) != value || strings.ContainsFunc(value, special) {
		r.bad(name, "", "%.64q is not a plain path as /auth: a slash first and none last, then letters, digits, - . _ ~", value)
		return
	}
	r.login.Path, r.login.NoRoute = value, false
}

func (r *reading) readUsernameKey(name, value string) {
	if value, ok := r.text(name, value); ok {
		r.login.UsernameField = value
	}
}

func (r *reading) readPasswordKey(name, value string) {
	if value, ok := r.text(name, value); ok {
		r.login.PasswordField = value
	}
}
