package setup

import (
	"time"
)

// defaultLifetime is how long issued tokens live.
const DefaultLifetime = 5 * time.Minute

// sweptAtOnce bounds what one call cleans up after others, and for how long a gate
// may find the maps locked.
const SweptAtOnce = 64

// defaultMaxSessions is how many sessions a store, and entries a deny list, keeps.
const DefaultMaxEntries = 100_000

// momentLasts is how long a login may take, so that what an ending leaves behind
// need not stay for ever.
const LoginLasts = 5 * time.Minute

// orderClaim is the claim that has a login's number.
const OrderClaim = "ord"

// maxRingTime keeps sums of times from overflowing.
const MaxTime = 100 * 365 * 24 * time.Hour

// maxLeeway bounds what is forgiven of dates.
const MaxLeeway = 5 * time.Minute
