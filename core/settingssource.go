package core

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
)

// The words of TOKEN_LOCATION.
const (
	inHeaders = "headers"
	inCookies = "cookies"
	inQuery   = "query_string"
	inForm    = "form"
	inJSON    = "json"
)

// locationOf is the word for a source, "" for one of the user's own.
func locationOf(s Source) string {
	switch s.(type) {
	case HeaderSource:
		return inHeaders
	case CookieSource:
		return inCookies
	case QuerySource:
		return inQuery
	case FormSource:
		return inForm
	case JSONSource:
		return inJSON
	}
	return ""
}

// readLocations keeps the Config's own sources of the kinds that are listed,
// with their names, and makes those that it has not.
func (r *reading) readLocations(name, value string) {
	if _, ok := r.text(name, value); !ok {
		return
	}
	words, ok := r.words(name, value, inHeaders, inCookies, inQuery, inForm, inJSON)
	if !ok {
		return
	}
	fresh := map[string]Source{inHeaders: HeaderSource{}, inCookies: CookieSource{}, inQuery: QuerySource{}, inForm: FormSource{}, inJSON: JSONSource{}}
	var list []Source
	for _, w := range words {
		before := len(list)
		for _, s := range r.sources {
			if locationOf(s) == w {
				list = append(list, s)
			}
		}
		if len(list) == before {
			list = append(list, fresh[w])
		}
	}
	r.sources = list
}

// changeSources changes the sources of one kind. That there is none is a
// mistake: the setting would do nothing.
func changeSources[S Source](r *reading, name string, change func(*S)) {
	list := slices.Clone(r.sources) // it may be shared with another Config
	found := false
	for i, s := range list {
		if v, ok := s.(S); ok {
			change(&v)
			list[i], found = v, true
		}
	}
	if !found && !r.failed["TOKEN_LOCATION"] {
		var none S
		r.bad(name, fmt.Sprintf("add %s to %sTOKEN_LOCATION, or unset it", locationOf(none), r.prefix), "no token is looked for there")
		return
	}
	r.sources = list
}

func (r *reading) readCookieName(name, value string) {
	value, ok := r.text(name, value)
	if !ok {
		return
	}
	if !field.IsToken(value) {
		r.bad(name, "", "%.64q is not the name of a cookie (RFC 6265 section 4.1.1)", value)
		return
	}
	changeSources(r, name, func(c *CookieSource) { c.Name = value })
}

func (r *reading) readInsecureName(name, value string) {
	insecure, err := strconv.ParseBool(strings.TrimSpace(value))
	if err != nil {
		r.bad(name, "unset it, and choose a name that begins with __Host-", "%.64q is neither 1 nor 0", value)
		return
	}
	changeSources(r, name, func(c *CookieSource) { c.InsecureName = insecure })
}

func (r *reading) readQueryName(name, value string) {
	value, ok := r.text(name, value)
	if ok && (strings.HasPrefix(value, "?") || strings.HasSuffix(value, "=")) {
		r.bad(name, "write the name alone, as access_token", "%.64q is not the name of a parameter", value)
		return
	}
	if ok {
		changeSources(r, name, func(q *QuerySource) { q.Name = value })
	}
}

func (r *reading) readOrigins(name, value string) {
	origins, ok := r.list(name, value)
	for _, o := range origins {
		if err := checkOrigin(o); err != nil {
			r.bad(name, "", "%w", err)
			ok = false
		}
	}
	if ok {
		changeSources(r, name, func(c *CookieSource) { c.TrustedOrigins = origins })
	}
}

func (r *reading) readScheme(name, value string) {
	value, ok := r.text(name, value)
	if !ok {
		return
	}
	if !field.IsToken(value) {
		r.bad(name, "write the word before the token, as Bearer", "%.64q is not an authentication scheme (a token of RFC 9110 section 5.6.2)", value)
		return
	}
	r.scheme = value
	// A scheme of its own would keep the Authorization header from following.
	r.sources = slices.Clone(r.sources)
	for i, s := range r.sources {
		if h, ok := s.(HeaderSource); ok && !h.Bare && h.withDefaults(value).Name == "Authorization" {
			h.Scheme = ""
			r.sources[i] = h
		}
	}
}
