package core

import (
	"strconv"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// scopes are those that the client is told that the route needs.
func (e *Error) scopes() []string {
	switch {
	case e.Kind == InsufficientScope && len(e.by.scopes) > 0:
		return union(e.by.scopes, e.Scopes...)
	case e.Kind == InsufficientScope:
		return e.Scopes
	case e.Kind.row().challenge == noChallenge:
		return nil
	}
	return e.by.scopes
}

// Challenge is the value of WWW-Authenticate, "" if the kind has none.
func (e *Error) Challenge() string {
	k := e.Kind.row()
	if k.challenge == noChallenge {
		return ""
	}
	scheme, realm := e.by.scheme, e.by.realm
	setup.Default(&scheme, defaultScheme)
	setup.Default(&realm, defaultRealm)
	var b strings.Builder
	b.WriteString(scheme)
	b.WriteString(` realm="`)
	b.WriteString(quotedEscaper.Replace(realm))
	b.WriteByte('"')
	if k.challenge == codedChallenge {
		b.WriteString(`, error="` + k.code + `", error_description="` + k.text + `"`)
	}
	if wanted := e.scopes(); len(wanted) > 0 {
		param(&b, "scope", strings.Join(wanted, " "))
	}
	if e.Kind == StepUp {
		if len(e.ACR) > 0 {
			param(&b, "acr_values", strings.Join(e.ACR, " "))
		}
		if e.MaxAge > 0 {
			param(&b, "max_age", strconv.FormatInt(int64(e.MaxAge/time.Second), 10))
		}
	}
	if e.by.metadata != "" {
		param(&b, "resource_metadata", e.by.metadata)
	}
	return b.String()
}

// challenge is what all challenges of a gate have in common.
type challenge struct {
	realm, scheme string
	metadata      string   // where the metadata of the resource is (RFC 9728 section 5.1); "": nowhere
	scopes        []string // that the route wants, where clients are told in advance
}

// quotedEscaper escapes a quoted-string (RFC 9110 section 5.6.4).
var quotedEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// param appends an auth-param, unless its value cannot stand in a header.
func param(b *strings.Builder, name, value string) {
	if setup.PrintableASCII(value) {
		b.WriteString(", " + name + `="` + quotedEscaper.Replace(value) + `"`)
	}
}
