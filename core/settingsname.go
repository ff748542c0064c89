package core

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// reading is one call of ReadEnv.
type reading struct {
	settable
	prefix string
	values map[string]string // what the environment has, by the name without prefix
	errs   []error
	failed map[string]bool // the names that errs speak of

	// flask makes the list of REQUIRED_CLAIMS complete: exp is required if it is
	// listed, as with Flask-JWT. Else exp is required without it.
	flask       bool
	plainSecret bool // SECRET_KEY stood in the environment without the prefix
}

// full is a setting's name as it stands in the environment.
func (r *reading) full(name string) string {
	if r.plainSecret && name == "SECRET_KEY" {
		return name
	}
	return r.prefix + name
}

// bad notes a mistake.
func (r *reading) bad(name, fix, found string, args ...any) {
	var one setup.Mistakes
	one.Add(r.full(name), fix, found, args...)
	r.note(name, fmt.Errorf("jwtgate: %w", one[0]))
}

// blame notes what a constructor found wrong with what a setting says. What the
// constructor calls it, a file in a directory for one, is told behind the
// setting's name.
func (r *reading) blame(name string, err error) {
	for _, e := range setup.Each(err) {
		m, ok := errors.AsType[*Mistake](e)
		if !ok {
			m = &Mistake{Found: strings.TrimPrefix(e.Error(), "jwtgate: "), Err: e}
		}
		own := &Mistake{Field: r.full(name), Found: m.Found, Fix: m.Fix, Err: e}
		if m.Field != "" {
			own.Found = m.Field + ": " + m.Found
		}
		r.note(name, fmt.Errorf("jwtgate: %w", own))
	}
}

func (r *reading) note(name string, err error) {
	r.errs = append(r.errs, err)
	r.failed[name] = true
}

// collect takes what starts with the prefix out of the environment.
func (r *reading) collect(environ, ignore []string) {
	r.values, r.failed = map[string]string{}, map[string]bool{}
	for _, entry := range environ {
		full, value, ok := strings.Cut(entry, "=")
		name, ours := strings.CutPrefix(full, r.prefix)
		if !ours || slices.Contains(ignore, full) {
			continue
		}
		old, twice := r.values[name]
		switch {
		case !isSetting(name):
			if !serviceLink.MatchString(name) {
				r.bad(name, r.advice(name), "there is no such setting")
			}
		case !ok:
			r.bad(name, "set it to one, or unset it", "it stands in the environment without a value")
		case twice && old != value:
			r.bad(name, "leave one", "it is in the environment twice, with different values")
		default:
			r.values[name] = value
		}
	}
}

// serviceLink are the names, without the prefix, under which Kubernetes tells of
// services: the service jwt, or jwt-store, makes them start with JWT_.
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
var serviceLink = regexp.MustCompile(
	`^(.*_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

func isSetting(name string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return s.name == name })
}

// nearestSetting returns the setting of which a name is a slip of the keyboard, ""
// if it is none: of so many letters one may be wrong.
func nearestSetting(name string, letters int) string {
	name = strings.ToUpper(name)
	nearest, least := "", len(name)/letters+1
	for _, s := range settings {
		if d := corrections(name, s.name); d < least {
			nearest, least = s.name, d
		}
	}
	return nearest
}

// corrections counts the letters to insert, delete, replace or swap with the next
// to make b of a (the distance of Damerau and Levenshtein).
func corrections(a, b string) int {
	before, last, row := []int(nil), []int(nil), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
