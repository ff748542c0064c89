package keys

import (
	"context"
	"time"
)

// Event is a fetch of keys from a provider, or a change of a ring's keys. It
// belongs to no request, and holds no key's material.
type Event struct {
	// Source names the key source: its URL, without the query; a directory.
	Source string
	// Issuer is the one that the keys are bound to, if they are.
	Issuer string
	// KeyID and Algorithm are those of the newest key of a ring.
	KeyID, Algorithm string
	// Failure is why the keys could not be fetched or changed; those that were
	// there serve on, as long as they may.
	Failure error
	// Skipped says which of the keys that were fetched are not used, and why. It is
	// said once, until it is something else.
	Skipped error
	// Duration is how long the fetch took, or the wait for it.
	Duration time.Duration
	// Fetch is the number of the fetch in this process. 0: it is about none.
	Fetch uint64
	// Waited is a request that has waited for the fetch. The context is the request's
	// then, and how the fetch ended an Event of its own says, before, unless the
	// request would wait no longer.
	Waited bool
	// Stack is that of a panic in a Transport.
	Stack []byte
}

// Observer is told what happens to keys. core.KeyObserver makes one of an
// Observer. It must not block.
type Observer func(ctx context.Context, e Event)
