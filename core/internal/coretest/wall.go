package coretest

import (
	"time"
	"unsafe"
)

// WallAhead is a time of time.Now whose wall clock is ahead of its monotonic half, by
// whole seconds, as after a machine has slept, or behind it, as after its clock was set
// back. Package time has no function for that; TestPartedClock of keys notices if its
// layout is another one some day.
func WallAhead(at time.Time, by time.Duration) time.Time {
	inside := (*struct {
		wall      uint64 // a bit, 33 bits of seconds, 30 of nanoseconds
		monotonic int64
		loc       *time.Location
	})(unsafe.Pointer(&at))
	inside.wall += uint64(by/time.Second) << 30
	return at
}
