//go:build !unix

package core_test

import "time"

// cpuTime is unknown here.
func cpuTime() time.Duration { return 0 }
