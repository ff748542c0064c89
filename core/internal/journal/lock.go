package journal

import "context"

// Lock is a mutex for which nobody waits longer than a context lasts. Make it with
// NewLock.
type Lock chan struct{}

// NewLock makes a Lock that nobody holds.
func NewLock() Lock { return make(Lock, 1) }

// Take waits for the lock. The error is the context's, and the lock is then not
// held.
func (l Lock) Take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Release lets go of the lock.
func (l Lock) Release() { <-l }
