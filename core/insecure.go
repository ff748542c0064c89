package core

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core/keys"
)

// risks are the options of an Insecure name in this room, by the type they are a field
// of, and what each takes away. TestPostureKnowsEveryOption holds it to the source.
var risks = map[string]string{
	"Config.InsecureNoExpiry":               "tokens are issued without exp: whoever has a copy of one can use it until the key is changed",
	"ClaimRules.InsecureNoExpiry":           "tokens without exp are taken, and never end",
	"ClaimRules.InsecureIgnoreExpiry":       "exp is not looked at, so a token that has expired is taken",
	"ClaimRules.InsecureIgnoreNotBefore":    "nbf is not looked at, so a token is taken before its time",
	"ClaimRules.InsecureAnyAudience":        "aud is not looked at, so a token that was made for another service is taken",
	"ClaimRules.InsecureAnyIssuer":          "iss is not compared, so whoever signs with the keys speaks for every issuer",
	"ClaimRules.InsecureIgnoreConfirmation": "cnf is not looked at, so a token that is bound to its holder's key works as a copy too",
	"CookieSource.InsecureNoCSRF":           "a cookie is taken from whatever page made the browser send it (cross-site request forgery)",
	"CookieSource.InsecureName":             "a neighbouring subdomain can set the cookie, and have a user act in a session of theirs",
	"SessionCookies.InsecureNames":          "a neighbouring subdomain can set the cookies of refresh and CSRF",
	"SessionCookies.InsecureHTTP":           "cookies are for development over plain http, on loopback hosts alone",
}

// insecurer is a store or a Revocation that says which of its own options are on.
type insecurer interface{ Insecure() map[string]string }

// insecureIn lists the options that are on in a Config, in the order of its fields. It
// looks for them by their names, so that none can be forgotten.
func insecureIn(config any) (p Posture) {
	findInsecure("", reflect.ValueOf(config), &p)
	return p
}

func findInsecure(path string, v reflect.Value, p *Posture) {
	if said, ok := saysInsecure(v); ok {
		for _, option := range slices.Sorted(maps.Keys(said)) {
			*p = append(*p, Gap{Field: path + ": " + option, Insecure: true, Text: said[option]})
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			findInsecure(path, v.Elem(), p)
		}
	case reflect.Slice:
		for i := range v.Len() {
			findInsecure(indexed(path, i), v.Index(i), p)
		}
	case reflect.Struct:
		findInsecureFields(path, v, p)
	}
}

func findInsecureFields(path string, v reflect.Value, p *Posture) {
	kind, t := v.Type().Name(), v.Type()
	if t.PkgPath() != reflect.TypeFor[ClaimRules]().PkgPath() {
		return // an application's own may lead anywhere
	}
	kind, _, _ = strings.Cut(kind, "[") // of its type parameter
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		at := strings.TrimPrefix(path+"."+f.Name, ".")
		if f.Anonymous {
			at = path
		}
		if !strings.HasPrefix(f.Name, "Insecure") {
			findInsecure(at, v.Field(i), p)
		} else if !v.Field(i).IsZero() {
			*p = append(*p, Gap{Field: at, Insecure: true, Text: risks[kind+"."+f.Name]})
		}
	}
}

// saysInsecure asks keys and stores themselves.
func saysInsecure(v reflect.Value) (map[string]string, bool) {
	if !v.IsValid() || !v.CanInterface() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, false
	}
	switch said := v.Interface().(type) {
	case keys.Describer:
		return said.Facts().Insecure, true
	case insecurer:
		return said.Insecure(), true
	}
	return nil, false
}

func indexed(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
