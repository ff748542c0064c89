package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Ring is a ring of keys that the program changes: one signs, all verify. It
// is a [Source] and a [Signer], and safe for concurrent use; requests that
// run while it changes see the keys before or after. Auth.KeyRoutes of core publishes
// it. [Dir] is a ring that follows the files of a directory.
//
// The life of a key, when Rotate is called with it, and later with the next one:
//
//	Rotate          NotBefore             the next key's NotBefore         RetireAt
//	  |--- Lead --------|-------- signs ---------|--- Lifetime + 5 min ---------|
//	  |----- verifies, and is published -----------------------------------------|
//
// Whoever fetches the published keys knows a key before it signs, and a key
// verifies until the last token that it signed has expired, so that a rotation
// refuses no valid token.
//
// A key stays the same *[Key] while it is in the ring. A token that names no key
// is tried with the eight newest that may be used with its algorithm, so tokens
// that were issued before the ring had its ids stay valid.
type Ring struct{ ring }

var (
	_ Source    = (*Ring)(nil)
	_ Signer    = (*Ring)(nil)
	_ Describer = (*Ring)(nil)
)

// NewRing makes a ring of these keys. The newest is the one with the latest
// NotBefore, of several the last one given; the zero NotBefore is the earliest.
//
// It returns an error, naming all mistakes, for no keys at all, a nil key, an id
// given twice, a secret without an id, a key that has retired, and a key that
// retires before the tokens that it signs until the next one does have expired.
func NewRing(cfg RingConfig, keys ...RingKey) (*Ring, error) {
	cfg, errs := cfg.withDefaults()
	if len(keys) == 0 {
		errs.Add("", "give one at least; every token would be refused", "no keys")
	}
	r := &Ring{ring{cfg: cfg, source: "key ring"}}
	now := r.now()
	var sound []RingKey
	for i, k := range keys {
		var err error
		if sound, _, err = inserted(sound, k, now); err != nil {
			errs.Add("", "", "key %d: %w", i+1, err)
		}
	}
	if len(errs) == 0 {
		errs = cutShort(sound, now, cfg.tail())
	}
	if len(errs) > 0 {
		return nil, wrapEach("jwtgate: keys.NewRing: %w", errs)
	}
	r.replace(sound, now)
	return r, nil
}

// inserted adds a key to others, at its place in their order, and returns it as it
// is in the ring. The slice must be the caller's own.
func inserted(keys []RingKey, k RingKey, now time.Time) ([]RingKey, *Key, error) {
	key, err := ringKey(k.Key)
	if err != nil {
		return keys, nil, err
	}
	k.Key, k.NotBefore, k.RetireAt = key, k.NotBefore.Round(0), k.RetireAt.Round(0)
	if slices.ContainsFunc(keys, func(other RingKey) bool { return other.Key.ID() == key.ID() }) {
		return keys, nil, fmt.Errorf("the ring has a key %q already; each has its own id", key.ID())
	}
	switch {
	case k.retired(now):
		return keys, nil, fmt.Errorf("the key %q has retired at %s; leave it out", key.ID(), stamp(k.RetireAt))
	case !k.RetireAt.IsZero() && key.CanSign() && !k.NotBefore.Before(k.RetireAt):
		return keys, nil, fmt.Errorf("the key %q retires before it signs", key.ID())
	}
	at, _ := slices.BinarySearchFunc(keys, k, func(other, k RingKey) int {
		if k.NotBefore.Before(other.NotBefore) {
			return 1
		}
		return -1 // of two that begin together, the later one given is newer
	})
	return slices.Insert(keys, at, k), key, nil
}

// Add adds a key to the ring. Without a NotBefore it signs, if it can, one Lead
// from now. With one it signs from then on: now, if the key before it must not
// sign any more, at the cost of tokens that verifiers cannot verify before they
// fetch the key. The other keys stay as they are; Rotate lets them retire.
//
// Add returns an error for a nil key, a secret without an id, an id that the
// ring has, and a key that retires before it signs.
func (r *Ring) Add(k RingKey) error {
	return r.change("Add", func(keys []RingKey, now time.Time) ([]RingKey, *Key, error) {
		if k.NotBefore.IsZero() {
			k.NotBefore = now.Add(r.cfg.Lead)
		}
		return inserted(keys, k, now)
	})
}

// Rotate adds a key that signs from one Lead from now on. Every key that signed
// before it, and that has no RetireAt yet, retires when the last token that it
// can sign until then has expired: after Lifetime and 5 minutes more. Keys that
// cannot sign stay.
//
// Rotate returns an error for a nil key, one that cannot sign, a secret without
// an id, and an id that the ring has.
func (r *Ring) Rotate(key *Key) error {
	return r.change("Rotate", func(keys []RingKey, now time.Time) ([]RingKey, *Key, error) {
		if key.made() && !key.CanSign() {
			return nil, nil, errors.New("the key cannot sign; a public key goes into the ring with Add")
		}
		begins := now.Add(r.cfg.Lead)
		ends := begins.Add(r.cfg.tail())
		for i := range keys {
			if k := &keys[i]; k.Key.CanSign() && k.RetireAt.IsZero() && !k.NotBefore.After(begins) {
				k.RetireAt = ends
			}
		}
		return inserted(keys, RingKey{Key: key, NotBefore: begins}, now)
	})
}

// Retire lets the key of this id retire at a time. If that is now or past, the
// tokens that it signed are refused from the next request on, in this process;
// verifiers elsewhere refuse them when they fetch the keys again. The zero time
// is past. A key that signs should retire late enough, as Rotate sees to: Retire
// is for a key that has become known to others.
//
// Retire returns an error if the ring has no such key.
func (r *Ring) Retire(id string, at time.Time) error {
	return r.change("Retire", func(keys []RingKey, now time.Time) ([]RingKey, *Key, error) {
		i := slices.IndexFunc(keys, func(k RingKey) bool { return k.Key.ID() == id })
		if i < 0 {
			return nil, nil, fmt.Errorf("the ring has no key %.64q", id)
		}
		key := keys[i].Key
		if !at.After(now) {
			// Gone, and not marked: a clock that is set back would bring it back.
			return slices.Delete(keys, i, i+1), key, nil
		}
		keys[i].RetireAt = at.Round(0)
		return keys, key, nil
	})
}

// change replaces the keys, without those that have retired, by what f makes of
// them. The slice that f gets is its own.
func (r *Ring) change(what string, f func(keys []RingKey, now time.Time) ([]RingKey, *Key, error)) error {
	v := r.current()
	if v == nil {
		return errZeroRing
	}
	r.mu.Lock()
	now := r.now()
	live := slices.DeleteFunc(slices.Clone(r.view.Load().keys), func(k RingKey) bool { return k.retired(now) })
	keys, key, err := f(live, now)
	if err == nil {
		r.replace(keys, now)
	}
	r.mu.Unlock()
	if err != nil {
		return fmt.Errorf("jwtgate: Ring.%s: %w", what, err)
	}
	r.observe(context.Background(), key, nil)
	return nil
}
