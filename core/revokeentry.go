package core

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// deniedKey is what an entry is found by: of one size, and telling nothing.
func deniedKey(realm, issuer, name string) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d %s%d %s%s", len(realm), realm, len(issuer), issuer, name))
}

// denial is an entry. Of a token's own entry number and before are 0.
type denial struct {
	number int64         // tokens with a smaller number are meant
	before int64         // of those without one, those issued before this second
	erase  time.Duration // when it may be forgotten, by the list's own clock
}

// longer is the entry, kept at least as long.
func (d denial) longer(erase time.Duration) denial {
	d.erase = max(d.erase, erase)
	return d
}

// denials are entries with an end. Only time removes one.
type denials struct {
	cfg     DenyListConfig
	journal *journal

	began  time.Time
	before time.Duration // what the list's clock showed at last, by the journal

	mu      sync.RWMutex
	number  int64 // the largest of an entry, and at first the time in milliseconds
	entries map[[32]byte]denial
	sweepAt int           // how many entries make it worth looking for some to forget
	soonest time.Duration // no entry may be forgotten before
}

// clock is the list's own, which does not leap: an entry that a leap of Now has made
// look old would be wanted again when that is right again.
func (d *denials) clock() time.Duration { return d.before + time.Since(d.began) }

func (d *denials) open(cfg DenyListConfig, kind string) error {
	if cfg.Realm == "" {
		return errors.New("Realm: empty; name the service whose tokens these are, as its Rules.Issuer does")
	}
	if cfg.Max < 0 {
		return fmt.Errorf("Max: %d is negative; 0 means %d", cfg.Max, defaultMaxSessions)
	}
	if cfg.Lifetime < 0 || cfg.Lifetime > maxRingTime {
		return fmt.Errorf("Lifetime: %v is outside 0 to %v", cfg.Lifetime, maxRingTime)
	}
	setDefault(&cfg.Max, defaultMaxSessions)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d.cfg, d.entries, d.sweepAt = cfg, map[[32]byte]denial{}, 1024
	d.began, d.number = time.Now(), cfg.Now().UnixMilli()
	if cfg.Journal == "" {
		return nil
	}
	j, err := openJournal(cfg.Journal, kind, false, cfg.Observer, d.replay)
	if err != nil {
		return err
	}
	d.journal = j
	d.sweep()
	if err := j.rewrite(d.records); err != nil {
		_ = j.close()
		return err
	}
	return nil
}

// get returns an entry, and the number that the list has reached.
func (d *denials) get(key [32]byte) (e denial, ok bool, number int64) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e, ok = d.entries[key]
	return e, ok, d.number
}

// put keeps what the entry that is there, if any, becomes.
func (d *denials) put(key [32]byte, become func(denial) denial) error {
	number, err := func() (int64, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		old, known := d.entries[key]
		if !known && (len(d.entries) >= d.cfg.Max || len(d.entries) >= d.sweepAt) {
			d.sweep()
		}
		if !known && len(d.entries) >= d.cfg.Max {
			return 0, fmt.Errorf("jwtgate: the deny list is full, with %d entries that are still needed", len(d.entries))
		}
		e, number := become(old), int64(0)
		if d.journal != nil {
			d.journal.tidy(d.records)
			var err error
			if number, err = d.journal.append(d.logged(key, e)); err != nil {
				return 0, err
			}
		}
		d.set(key, e)
		return number, nil
	}()
	if err != nil || d.journal == nil {
		return err
	}
	return d.journal.sync(number)
}

func (d *denials) set(key [32]byte, e denial) {
	d.entries[key] = e
	d.number = max(d.number, e.number)
	d.soonest = min(d.soonest, e.erase)
}

// sweep forgets what is over, if there can be any.
func (d *denials) sweep() {
	now := d.clock()
	if now < d.soonest {
		return
	}
	d.soonest = math.MaxInt64
	for key, e := range d.entries {
		if e.erase <= now {
			delete(d.entries, key)
		} else {
			d.soonest = min(d.soonest, e.erase)
		}
	}
	d.sweepAt = max(1024, 2*len(d.entries))
}

// Len is how many entries there are, with those that time has not removed yet.
func (d *denials) Len() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.entries)
}

// Close lets go of the journal. After it Revoke returns an error, if there was one.
func (d *denials) Close() error {
	if d.journal == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.journal.failure() == errJournalClosed {
		return nil
	}
	return d.journal.close()
}

type loggedDenial struct {
	Key    []byte `json:"key"`
	Number int64  `json:"number,omitempty"`
	Before int64  `json:"before,omitempty"`
	Erase  int64  `json:"erase"`
	Clock  int64  `json:"clock"`
}

func (d *denials) logged(key [32]byte, e denial) []byte {
	text, err := json.Marshal(loggedDenial{key[:], e.number, e.before, e.erase.Milliseconds(), d.clock().Milliseconds()})
	if err != nil {
		panic(err) // bytes and numbers always marshal
	}
	return text
}

func (d *denials) replay(text []byte) error {
	var l loggedDenial
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	if len(l.Key) != 32 {
		return errors.New("the record is no entry of a deny list")
	}
	d.before = max(d.before, milliseconds(l.Clock))
	d.set([32]byte(l.Key), denial{l.Number, l.Before, milliseconds(l.Erase)})
	return nil
}

func (d *denials) records(yield func([]byte) bool) {
	for key, e := range d.entries {
		if !yield(d.logged(key, e)) {
			return
		}
	}
}
