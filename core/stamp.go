package core

import (
	"crypto/sha256"
	"reflect"
)

// as returns how a T is an I, by methods of its own or of its pointer; nil if it
// is none.
func as[I, T any]() func(T) I {
	if _, ok := any((*T)(nil)).(I); ok && !reflect.TypeFor[T]().Implements(reflect.TypeFor[I]()) {
		return func(v T) I { return any(&v).(I) }
	}
	if reflect.TypeFor[T]().Implements(reflect.TypeFor[I]()) {
		return func(v T) I { return any(v).(I) }
	}
	return nil
}

// defaultStamp is the identity's own Stamp method, if it has one.
func defaultStamp[T any]() func(T) string {
	stamped := as[interface{ Stamp() string }, T]()
	if stamped == nil {
		return nil
	}
	return func(identity T) string { return stamped(identity).Stamp() }
}

// stampOf is what a session keeps of an identity's stamp: enough to see that it
// is another one, and of no use elsewhere. Zero is none.
func (a *Auth[T]) stampOf(identity T, sessionID string) (hash [32]byte) {
	if a.stamp == nil {
		return hash
	}
	stamp := a.stamp(identity)
	if stamp == "" {
		return hash
	}
	return sha256.Sum256([]byte("jwtgate stamp\n" + sessionID + "\n" + stamp))
}
