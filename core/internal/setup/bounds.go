package setup

import (
	"time"
)

// DefaultLifetime is how long issued tokens live.
const DefaultLifetime = 5 * time.Minute

// SweptAtOnce bounds what one call cleans up after others, and for how long a gate
// may find the maps locked.
const SweptAtOnce = 64

// DefaultMaxEntries is how many sessions a store, and entries a deny list, keeps.
const DefaultMaxEntries = 100_000

// LoginLasts is how long a login may take, so that what an ending leaves behind
// need not stay for ever.
const LoginLasts = 5 * time.Minute

// OrderClaim is the claim that has a login's number.
const OrderClaim = "ord"

// MaxTime keeps sums of times from overflowing.
const MaxTime = 100 * 365 * 24 * time.Hour

// MaxLeeway bounds what is forgiven of dates.
const MaxLeeway = 5 * time.Minute
