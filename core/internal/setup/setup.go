// Package setup is what all configurations have in common: filling in defaults,
// and the list of what is wrong with what was set.
package setup

import "reflect"

// Default sets a field that is zero.
func Default[V comparable](field *V, value V) {
	var zero V
	if *field == zero {
		*field = value
	}
}

// IsNil reports whether v is nil, or an interface around a nil pointer.
func IsNil(v any) bool {
	if v == nil {
		return true
	}
	switch rv := reflect.ValueOf(v); rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return rv.IsNil()
	}
	return false
}

// PrintableASCII reports whether a text has nothing but spaces and what can be
// seen.
func PrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
