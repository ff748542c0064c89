// Package outage is how a room below core says that it could not find out what it
// was asked, since it does not know core's Kinds.
package outage

import (
	"fmt"
	"time"
)

// Error is an outage: to core it is Unavailable.
type Error struct {
	Cause      error
	RetryAfter time.Duration // 0: not known
}

func (e *Error) Error() string { return e.Cause.Error() }

// Unwrap returns Cause.
func (e *Error) Unwrap() error { return e.Cause }

// Panicked makes an error of what a panic was called with. The error hides it
// from errors.Is and errors.As: whatever somebody has panicked with, it is a
// defect.
func Panicked(p any) error { return panicked{fmt.Sprint(p)} }

type panicked struct{ text string }

func (p panicked) Error() string { return "panic: " + p.text }
