package core

import (
	"testing"
	"time"
)

func instantOf(t time.Time) instant { return instant{sec: t.Unix(), nsec: int32(t.Nanosecond())} }

// Instants add and compare as time.Time does, before 1970 too.
func TestInstant(t *testing.T) {
	durations := []time.Duration{0, 1, time.Second - 1, time.Second, time.Second + 1, 5 * time.Minute, 90*time.Minute + 999999999}
	var times []time.Time
	for _, sec := range []int64{-62135596800, -1, 0, 1, 1893456000, 253402300799} {
		for _, nsec := range []int64{0, 1, 500000000, 999999999} {
			times = append(times, time.Unix(sec, nsec))
		}
	}
	for _, at := range times {
		for _, d := range durations {
			for _, d := range []time.Duration{d, -d} {
				if got, want := instantOf(at).add(d), instantOf(at.Add(d)); got != want {
					t.Errorf("%v and %v: got %+v, want %+v", at, d, got, want)
				}
			}
		}
		for _, other := range times {
			if got, want := instantOf(at).after(instantOf(other)), at.After(other); got != want {
				t.Errorf("%v after %v: got %v, want %v", at, other, got, want)
			}
		}
	}
}
