package sessions

// Event is something that a store found wrong and no caller was told. It
// belongs to no request.
type Event struct {
	Resource string // the journal or the connection it is about
	Cause    error
}

// Observer is told what a store found wrong. core.StoreObserver makes one of an
// Observer. It must not block.
type Observer func(Event)
