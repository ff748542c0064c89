package bucket_test

import (
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/bucket"
)

// TestBuckets: three at once, then one in ten seconds, for each party by itself; what is
// given back late is not had twice.
func TestBuckets(t *testing.T) {
	b := bucket.New[string](3, 10*time.Second, 1<<16)
	clock := time.Now()
	passed := bucket.Elapsing(func() time.Time { return clock })
	var tries []bucket.Try
	take := func(party string, want time.Duration) {
		t.Helper()
		try, wait := b.Take(party, passed())
		if wait != want {
			t.Errorf("%s: got %v, want %v", party, wait, want)
		}
		tries = append(tries, try)
	}
	for range 3 {
		take("joe", 0)
	}
	take("joe", 10*time.Second)
	take("ann", 0)
	clock = clock.Add(-time.Hour) // set back: nobody waits for that
	take("joe", 10*time.Second)
	clock = clock.Add(4 * time.Second)
	take("joe", 6*time.Second)
	tries[0].Back()
	take("joe", 0)
	take("joe", 6*time.Second)
	clock = clock.Add(40 * 24 * time.Hour) // full again
	take("joe", 0)
	tries[1].Back()
	take("joe", 0)
	take("joe", 0)
	take("joe", 10*time.Second)
}
