package redisstore

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// realm is where the sessions of one realm are, and what this process remembers of
// them. A hash of its name is part of every key and of the channel, so nothing of
// another realm is ever found or told there.
type realm struct {
	name   string
	prefix string
	asking *asking
	tell   func(sessions.Ending)
}

// realmPrefix is what a realm's keys and channels begin with. The name may be any
// text, so a hash of it stands for it.
func realmPrefix(prefix, name string) string {
	hash := sha256.Sum256([]byte(name))
	return prefix + base64.RawURLEncoding.EncodeToString(hash[:16]) + ":"
}

// session is where a session is, and what was sealed for its graces.
func (r *realm) session(id string) []string {
	return []string{r.prefix + "session:{" + id + "}", r.prefix + "grace:{" + id + "}"}
}

// subject is where a subject's list is, and the number of its last ending. A
// subject may be any text, so a hash of it stands for it, which also keeps it out of
// what shows keys.
func (r *realm) subject(subject string) []string {
	hash := sha256.Sum256([]byte(subject))
	name := "{" + base64.RawURLEncoding.EncodeToString(hash[:]) + "}"
	return []string{r.prefix + "subject:" + name, r.prefix + "ended:" + name}
}

// order is where the number is that logins and endings are ordered by.
func (r *realm) order() []string { return []string{r.prefix + "order"} }

// ended tells those who watch that a session has ended. News may be anything.
func (r *realm) ended(id string) {
	if isID(id) {
		r.tell(sessions.Ending{Realm: r.name, ID: id})
	}
}

// channel is where the IDs of ended sessions are told.
func (r *realm) channel() string { return r.prefix + "ended" }

// realms are the realms that a store was called with. Their names are settings of
// the application and come from no request, so there are few.
type realms struct {
	mu     sync.RWMutex
	byName map[string]*realm
	closed bool
}

var errNoRealm = errors.New("redisstore: the realm is empty; core passes Sessions.Realm")

// of returns a realm; open makes one that is new.
func (a *realms) of(name string, open func(name string) *realm) (*realm, error) {
	a.mu.RLock()
	r, closed := a.byName[name], a.closed
	a.mu.RUnlock()
	switch {
	case closed:
		return nil, errClosed
	case r != nil:
		return r, nil
	case name == "":
		return nil, errNoRealm
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, errClosed
	}
	if r = a.byName[name]; r == nil {
		if a.byName == nil {
			a.byName = map[string]*realm{}
		}
		name = strings.Clone(name)
		r = open(name)
		a.byName[name] = r
	}
	return r, nil
}

// close ends the use of all of them.
func (a *realms) close() {
	a.mu.Lock()
	a.closed = true
	all := a.byName
	a.mu.Unlock()
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(r.asking.close)
	}
	wg.Wait()
}
