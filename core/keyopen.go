package core

import (
	"context"
	"maps"
	"slices"
)

// of notes at a key that can sign what is wrong with the file it came from. The
// key must not be known to others yet.
func (t keyText) of(k *Key, err error) (*Key, error) {
	if err == nil && t.open != nil && k.CanSign() {
		k.m.open = t.open
	}
	return k, err
}

// openKeys are the keys of a source or a signer whose files others may read. A
// KeyDir with an Observer tells it itself.
func openKeys(source any) (open []*Key) {
	var keys []*Key
	switch s := source.(type) {
	case *Key:
		keys = []*Key{s}
	case *KeySet:
		keys = s.Keys()
	case *KeyRing:
		keys = s.all()
	case *KeyDir:
		if s.cfg.Observer == nil {
			keys = s.all()
		}
	case issuerMap:
		for _, iss := range slices.Sorted(maps.Keys(s)) {
			open = append(open, openKeys(s[iss])...)
		}
	}
	for _, k := range keys {
		if k.made() && k.m.open != nil {
			open = append(open, k)
		}
	}
	return open
}

// tellOpen tells an Observer of keys whose files others may read.
func tellOpen(o Observer, keys ...*Key) {
	for i, k := range keys {
		if o != nil && k.m.open != nil && !slices.Contains(keys[:i], k) {
			o.Observe(context.Background(), Event{Action: ActionKeys, Resource: "key file", KeyID: k.ID(), Algorithm: k.algorithm(), Cause: k.m.open})
		}
	}
}
