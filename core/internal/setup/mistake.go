package setup

import (
	"errors"
	"fmt"
)

// Mistake is one thing that is wrong with a configuration.
type Mistake struct {
	// Field is the setting as the program writes it: "Rules.Audience",
	// "keys.WithAlgorithm"; of a setting from the environment the variable.
	Field string
	// Found is what was found there, and why it cannot be: "-1s is negative".
	// It shows no secret.
	Found string
	// Fix is what to do: "leave it 0 for the default". "" if Found says it.
	Fix string
	// Err is what the setting's own constructor returned, if that is the mistake.
	Err error
}

// Error is all of it in a line: "Field: Found; Fix".
func (m *Mistake) Error() string {
	text := m.Found
	if m.Field != "" {
		text = m.Field + ": " + text
	}
	if m.Fix != "" {
		text += "; " + m.Fix
	}
	return text
}

// Unwrap returns Err.
func (m *Mistake) Unwrap() error { return m.Err }

// Mistakes is a list of what is wrong, in the order in which it was found.
type Mistakes []error

// Add notes what was found in a field, and the fix. Found is a format; with %w
// the error behind it can be found again.
func (l *Mistakes) Add(field, fix, found string, args ...any) {
	err := fmt.Errorf(found, args...)
	*l = append(*l, &Mistake{Field: field, Found: err.Error(), Fix: fix, Err: errors.Unwrap(err)})
}

// In notes mistakes of a struct that is itself a field.
func (l *Mistakes) In(field string, inner Mistakes) {
	for _, err := range inner {
		var m *Mistake
		if errors.As(err, &m) {
			outer := *m
			if outer.Field = field; m.Field != "" {
				outer.Field += "." + m.Field
			}
			err = &outer
		} else {
			err = &Mistake{Field: field, Found: err.Error(), Err: err}
		}
		*l = append(*l, err)
	}
}

// Err is all mistakes as one error, nil if there are none. What names the
// constructor that says so: "jwtgate: core.New".
func (l Mistakes) Err(what string) error {
	if len(l) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", what, errors.Join(l...))
}

// Each lists the errors that errors.Join, or Err, has joined.
func Each(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if joined, ok := e.(interface{ Unwrap() []error }); ok {
			return joined.Unwrap()
		}
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
