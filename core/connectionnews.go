package core

import (
	"cmp"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// settle has the stores tell of endings while there are connections, and no longer.
func (k *connections) settle() {
	k.watching.Lock()
	defer k.watching.Unlock()
	k.mu.Lock()
	wanted := len(k.all) > 0
	if !wanted && k.ticking {
		k.ticking = false
		k.timer.Stop()
	}
	k.mu.Unlock()
	if wanted == (k.stops != nil) {
		return
	}
	for _, stop := range k.stops {
		stop()
	}
	k.stops = nil
	if !wanted {
		return
	}
	k.stops = []func(){}
	for _, v := range k.verdicts {
		if v.sessions == nil {
			continue
		}
		if w, ok := v.sessions.Store.(sessions.Watcher); ok {
			realm := cmp.Or(v.sessions.Realm, v.sessions.Issuer)
			k.stops = append(k.stops, w.Watch(func(e sessions.Ending) {
				if e.Realm == realm {
					k.hear(e)
				}
			}))
		}
	}
}

// hear is what a store tells: it hastens the question.
func (k *connections) hear(e sessions.Ending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e.ID != "" {
		for _, c := range k.bySession[e.ID] {
			k.ask(c)
		}
		return
	}
	for _, c := range k.all {
		if c.session != "" && c.claims().Subject() == e.Subject {
			k.ask(c)
		}
	}
}
