// Package deadline ends what protects by whichever half of the clock is ahead.
package deadline

import (
	"time"
)

// A time.Time of time.Now has two halves. The wall clock jumps when somebody sets
// it; the monotonic clock does not, but it stands still while a machine sleeps,
// and package time compares by it alone. What protects must end by whichever of
// the two is ahead, and must begin anew where neither can be right. Of a clock
// without a monotonic half, as that of a test, the wall clock is all there is.

// Come reports whether a deadline has come, by either clock.
func Come(now, deadline time.Time) bool {
	return !now.Before(deadline) || !now.Round(0).Before(deadline.Round(0))
}

// Lasted reports whether something has lasted for d since a time. It has, too, if
// the wall clock was set back by d or more since: nobody knows then how long.
func Lasted(now, since time.Time, d time.Duration) bool {
	return Come(now, since.Add(d)) || SetBack(now, since, d)
}

// SetBack reports whether the wall clock stands at least d before what it showed
// at a time that is past.
func SetBack(now, past time.Time, d time.Duration) bool {
	return past.Round(0).Sub(now.Round(0)) >= d
}
