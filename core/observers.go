package core

import (
	"context"
	"fmt"
	"slices"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// Observers is one [Observer] that tells all of these, in their order: a log, metrics,
// an audit. Those that are nil are left out. It wants steps if one of them does, and all
// get them then.
func Observers(all ...Observer) Observer {
	all = slices.DeleteFunc(slices.Clone(all), func(o Observer) bool { return setup.IsNil(o) })
	if len(all) == 0 {
		return nil
	}
	return several(all)
}

type several []Observer

func (s several) Observe(ctx context.Context, e Event) {
	for _, o := range s {
		o.Observe(ctx, e)
	}
}

func (s several) WantsSteps() bool { return slices.ContainsFunc(s, wantsSteps) }

// wantsSteps asks an Observer whether it asks for Event.Steps.
func wantsSteps(o Observer) bool {
	asking, ok := o.(StepObserver)
	return ok && asking.WantsSteps()
}

// tellNotices tells an Observer what there is to know of the keys, each thing once.
func tellNotices(o Observer, sources ...any) {
	tell, told := KeyObserver(o), map[string]bool{}
	for _, source := range sources {
		d, ok := source.(keys.Describer)
		if tell == nil || !ok || setup.IsNil(source) {
			continue
		}
		for _, n := range d.Facts().Notices {
			if text := fmt.Sprint(n); !told[text] {
				told[text] = true
				tell(context.Background(), n)
			}
		}
	}
}

// KeyObserver tells o what happens to keys, as [ActionKeys] and [ActionWait]: a failure is
// [Unavailable] with its cause, keys that are not used are a cause without a kind.
// It is for keys.RemoteConfig.Observer and keys.RingConfig.Observer.
func KeyObserver(o Observer) keys.Observer {
	if setup.IsNil(o) {
		return nil
	}
	return func(ctx context.Context, k keys.Event) {
		e := Event{Action: ActionKeys, Resource: k.Source, Issuer: k.Issuer, KeyID: k.KeyID, Algorithm: k.Algorithm,
			Duration: k.Duration, Fetch: k.Fetch, Cause: k.Skipped, Stack: k.Stack}
		if k.Waited {
			e.Action = ActionWait
		}
		if k.Failure != nil {
			e.Kind, e.Cause = Unavailable, k.Failure
		}
		o.Observe(ctx, e)
	}
}

// StoreObserver tells o what a store found wrong, as [ActionStore]. It is for
// sessions.MemoryConfig.Observer.
func StoreObserver(o Observer) sessions.Observer {
	if setup.IsNil(o) {
		return nil
	}
	return func(e sessions.Event) {
		o.Observe(context.Background(), Event{Action: ActionStore, Resource: e.Resource, Cause: e.Cause})
	}
}
