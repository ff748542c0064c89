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
func deniedKey(issuer, name string) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(issuer), issuer, name))
}

// denial is an entry.
type denial struct {
	before int64 // tokens issued before this second are meant; of a token's own entry it is 0
	until  int64 // when it may be forgotten, in milliseconds
}

// denials are entries with an end. Only time removes one.
type denials struct {
	cfg     DenyListConfig
	journal *journal

	mu      sync.RWMutex
	entries map[[32]byte]denial
	sweepAt int   // how many entries make it worth looking for some to forget
	soonest int64 // no entry may be forgotten before
}

func (d *denials) open(cfg DenyListConfig, kind string) error {
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

func (d *denials) get(key [32]byte) (denial, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e, ok := d.entries[key]
	return e, ok
}

func (d *denials) put(key [32]byte, e denial) error {
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
		e.before, e.until = max(e.before, old.before), max(e.until, old.until)
		number := int64(0)
		if d.journal != nil {
			d.journal.tidy(d.records)
			var err error
			if number, err = d.journal.append(e.logged(key)); err != nil {
				return 0, err
			}
		}
		d.entries[key] = e
		d.soonest = min(d.soonest, e.until)
		return number, nil
	}()
	if err != nil || d.journal == nil {
		return err
	}
	return d.journal.sync(number)
}

// sweep forgets what is over, if there can be any.
func (d *denials) sweep() {
	now := d.cfg.Now().UnixMilli()
	if now < d.soonest {
		return
	}
	d.soonest = math.MaxInt64
	for key, e := range d.entries {
		if e.until <= now {
			delete(d.entries, key)
		} else {
			d.soonest = min(d.soonest, e.until)
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
	Before int64  `json:"before,omitempty"`
	Until  int64  `json:"until"`
}

func (e denial) logged(key [32]byte) []byte {
	text, err := json.Marshal(loggedDenial{key[:], e.before, e.until})
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
	d.entries[[32]byte(l.Key)] = denial{l.Before, l.Until}
	return nil
}

func (d *denials) records(yield func([]byte) bool) {
	for key, e := range d.entries {
		if !yield(e.logged(key)) {
			return
		}
	}
}
