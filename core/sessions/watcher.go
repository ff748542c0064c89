package sessions

import (
	"slices"
	"sync"

	"github.com/jwtgate/jwtgate/core/internal/outage"
)

// Watcher is what a [Store] may be besides: it tells that sessions have
// ended, so that what lives longer than a request, a WebSocket or a stream, can end
// with its session. It is a hint that hastens and promises nothing: news can be
// lost, as with a connection, or come twice. Whoever must know asks Ended from time
// to time, and at the times the hint names.
type Watcher interface {
	// Watch calls f for whatever ends from now on, until stop is called: by End, by
	// EndSubject, by a token that was used twice, by a login that was one too many.
	// It does not tell of what is over because its time has come. A call that has
	// begun may still run when stop returns. f is called by whoever ended the
	// session, or by the one goroutine that brings the news, so it must not block:
	// what takes time, as a call of the store does, it leaves to another goroutine.
	Watch(f func(Ending)) (stop func())
}

// Ending is the end of a session, or of all that a subject had, in a realm.
type Ending struct {
	Realm   string
	ID      string // the session's; "": all of Subject
	Subject string // "" beside an ID
}

// watchers are those who want to be told. The zero value is nobody.
type watchers struct {
	mu  sync.Mutex
	all []*func(Ending)
}

func (w *watchers) add(f func(Ending)) (stop func()) {
	one := &f
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(slices.Clip(w.all), one) // a copy: tell goes through the old one without the lock
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all = slices.DeleteFunc(slices.Clone(w.all), func(o *func(Ending)) bool { return o == one })
	}
}

// tell calls everybody, without a lock. The error is of one that panicked; the others
// are told even so.
func (w *watchers) tell(e Ending) (err error) {
	w.mu.Lock()
	all := w.all
	w.mu.Unlock()
	for _, f := range all {
		func() {
			defer func() {
				if p := recover(); p != nil {
					err = outage.Panicked(p)
				}
			}()
			(*f)(e)
		}()
	}
	return err
}
