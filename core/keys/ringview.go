package keys

import (
	"errors"
	"fmt"
	"time"
)

// ringView is what follows from a ring's keys at one time. It does not change;
// it holds from one of the keys' times to the next.
type ringView struct {
	keys        []RingKey // in their order; the retired ones are still among them
	set         *Set      // those that verify, the newest first
	signer      *Key      // nil if none can sign
	from, until time.Time // zero: no bound
}

func newRingView(keys []RingKey, now time.Time) *ringView {
	v := &ringView{keys: keys}
	var live []*Key
	var first *Key // of those that can sign
	for i := len(keys) - 1; i >= 0; i-- {
		k := keys[i]
		v.bound(k.RetireAt, now)
		if k.retired(now) {
			continue
		}
		live = append(live, k.Key)
		if !k.Key.CanSign() {
			continue
		}
		v.bound(k.NotBefore, now)
		first = k.Key
		if v.signer == nil && !now.Before(k.NotBefore) {
			v.signer = k.Key
		}
	}
	if v.signer == nil {
		v.signer = first
	}
	v.set = newSet(live, nil)
	return v
}

// bound takes a time at which something changes into the view's bounds.
func (v *ringView) bound(at, now time.Time) {
	switch {
	case at.IsZero():
	case now.Before(at):
		if v.until.IsZero() || at.Before(v.until) {
			v.until = at
		}
	case at.After(v.from):
		v.from = at
	}
}

// changes reports whether the view is another one at another time.
func (v *ringView) changes() bool { return !v.from.IsZero() || !v.until.IsZero() }

// holds reports whether the view is right at a time. Clocks also go back.
func (v *ringView) holds(now time.Time) bool {
	return !now.Before(v.from) && (v.until.IsZero() || now.Before(v.until))
}

func (k *RingKey) retired(now time.Time) bool { return !k.RetireAt.IsZero() && !now.Before(k.RetireAt) }

// ringKey returns a key as it is in a ring, where it answers for its own id alone.
func ringKey(k *Key) (*Key, error) {
	switch {
	case !k.made():
		return nil, errors.New("it is nil or zero; make it with keys.NewSecret, keys.Parse or keys.Load")
	case k.m.id == "":
		return nil, errors.New("it is a secret without an id, and the ring finds keys by their ids; give it one with keys.WithID")
	case k.m.anyID:
		return k.named(), nil
	}
	return k.m.self[0], nil
}

// named returns the key as if its id had been given.
func (k *Key) named() *Key {
	m := *k.m
	named := &Key{&m}
	m.anyID, m.self = false, []*Key{named}
	m.facts = factsOfKeys(m.self)
	switch {
	case k.m.public == nil:
	case k.m.public.m == k.m:
		m.public = named
	default:
		m.public = k.m.public.named()
	}
	return named
}

// cutShort says which keys retire before the last token that they sign has
// expired. Keys that have retired are passed over: what is done is done.
func cutShort(keys []RingKey, now time.Time, tail time.Duration) (errs []error) {
	for i, k := range keys {
		if !k.Key.CanSign() || k.RetireAt.IsZero() || k.retired(now) {
			continue
		}
		for _, next := range keys[i+1:] {
			if !next.Key.CanSign() || next.retired(now) {
				continue
			}
			if need := next.NotBefore.Add(tail); k.RetireAt.Before(need) {
				errs = append(errs, fmt.Errorf("the key %q retires at %s, but signs until %q does, and tokens and leeway last %v more; let it retire at %s or later",
					k.Key.ID(), stamp(k.RetireAt), next.Key.ID(), tail, stamp(need)))
			}
			break
		}
	}
	return errs
}

// stamp writes a time as errors and file names do.
func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

const stampLayout = "2006-01-02T150405Z"
