package denylist

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/due"
	"github.com/jwtgate/jwtgate/core/internal/journal"
	"github.com/jwtgate/jwtgate/core/internal/setup"
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

// denied is an entry in its list.
type denied struct {
	denial
	key   [32]byte
	index int // in the queue
}

// Due is when it may be forgotten.
func (d *denied) Due() time.Duration { return d.erase }

// Place is its place in the queue.
func (d *denied) Place() *int { return &d.index }

// denials are entries with an end. Only time removes one.
//
// Who changes something holds changes, also while the journal is written. The
// entries have a lock of their own, so that no gate waits for a disk.
type denials struct {
	cfg     Config
	journal *journal.Journal // nil: none
	began   time.Time
	changes journal.Lock

	mu      sync.RWMutex  // whoever holds changes needs it only to write
	before  time.Duration // what the list's clock showed at last, by the journal
	number  int64         // the largest of an entry, and at first the time in milliseconds
	entries map[[32]byte]*denied
	due     due.Queue[*denied]
}

// clock is the list's own, which does not leap: an entry that a leap of Now has made
// look old would be wanted again when that is right again.
func (d *denials) clock() time.Duration { return d.before + time.Since(d.began) }

func (d *denials) open(cfg Config, kind string) (err error) {
	if cfg.Realm == "" {
		return errors.New("Realm: empty; name the service whose tokens these are, as its Rules.Issuer does")
	}
	if cfg.Max < 0 {
		return fmt.Errorf("Max: %d is negative; 0 means %d", cfg.Max, setup.DefaultMaxEntries)
	}
	if cfg.Lifetime < 0 || cfg.Lifetime > setup.MaxTime {
		return fmt.Errorf("Lifetime: %v is outside 0 to %v", cfg.Lifetime, setup.MaxTime)
	}
	setup.Default(&cfg.Max, setup.DefaultMaxEntries)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d.cfg, d.entries, d.changes = cfg, map[[32]byte]*denied{}, journal.NewLock()
	d.began, d.number = time.Now(), cfg.Now().UnixMilli()
	if cfg.Journal == "" {
		return nil
	}
	d.journal, err = journal.Open(journal.Config{
		Path: cfg.Journal, Kind: kind, Realm: cfg.Realm,
		Apply: d.replay, Loaded: func() { d.sweep(len(d.entries)) }, State: journal.Portions(d.mu.RLocker(), d.walk),
		Report: func(err error) {
			if cfg.Observer != nil {
				cfg.Observer.Observe(context.Background(), core.Event{Action: core.ActionStore, Resource: cfg.Journal, Cause: err})
			}
		},
	})
	return err
}

// get returns an entry, and the number that the list has reached.
func (d *denials) get(key [32]byte) (e denial, ok bool, number int64) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if e := d.entries[key]; e != nil {
		return e.denial, true, d.number
	}
	return denial{}, false, d.number
}

// put keeps what the entry that is there, if any, becomes, and returns when it is
// on the disk; first says that there was none.
func (d *denials) put(ctx context.Context, key [32]byte, become func(denial) denial) (first bool, err error) {
	number, first, err := d.change(ctx, key, become)
	if err == nil && d.journal != nil {
		err = d.journal.Sync(ctx, number)
	}
	return first && err == nil, err
}

func (d *denials) change(ctx context.Context, key [32]byte, become func(denial) denial) (number int64, first bool, err error) {
	if err := d.changes.Take(ctx); err != nil {
		return 0, false, err
	}
	defer d.changes.Release()
	d.sweep(setup.SweptAtOnce)
	var old denial
	e := d.entries[key]
	if e != nil {
		old = e.denial
	} else if len(d.entries) >= d.cfg.Max {
		return 0, false, fmt.Errorf("jwtgate: the deny list is full, with %d entries that are still needed", len(d.entries))
	}
	next := become(old)
	if d.journal != nil {
		if number, err = d.journal.Append(ctx, next.append(nil, d.clock(), key)); err != nil {
			return 0, false, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set(key, next)
	return number, e == nil, nil
}

func (d *denials) set(key [32]byte, next denial) {
	d.number = max(d.number, next.number)
	if e := d.entries[key]; e != nil {
		e.denial = next
		d.due.Fix(e)
		return
	}
	e := &denied{denial: next, key: key}
	d.entries[key] = e
	d.due.Push(e)
}

// sweep forgets what is over, of at most so many entries. Each call of Revoke does
// so for more than it adds, so a list is full only of what is still needed.
func (d *denials) sweep(most int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for now := d.clock(); most > 0 && d.due.Len() > 0 && d.due.First().erase <= now; most-- {
		e := d.due.First()
		d.due.Remove(e)
		delete(d.entries, e.key)
	}
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
	return d.journal.Close()
}

// append appends the entry's record: what the list's clock shows, the entry, and
// its key.
func (d denial) append(b []byte, clock time.Duration, key [32]byte) []byte {
	b = binary.AppendVarint(binary.AppendVarint(b, clock.Milliseconds()), d.number)
	b = binary.AppendVarint(binary.AppendVarint(b, d.before), d.erase.Milliseconds())
	return append(b, key[:]...)
}

// replay applies a record of the journal. One that ends after the number says what
// the list has reached.
func (d *denials) replay(record []byte) error {
	f := journal.FieldsOf(record)
	d.before = max(d.before, time.Duration(f.Int())*time.Millisecond)
	number := f.Int()
	d.number = max(d.number, number)
	if f.Done() {
		return nil
	}
	next := denial{number, f.Int(), time.Duration(f.Int()) * time.Millisecond}
	var key [32]byte
	copy(key[:], f.Raw(len(key)))
	if !f.Done() {
		return errors.New("the record is no entry of a deny list that this version knows")
	}
	d.set(key, next)
	return nil
}

// walk adds what a journal written anew holds.
func (d *denials) walk(add func(func([]byte) []byte) bool) {
	add(func(b []byte) []byte {
		return binary.AppendVarint(binary.AppendVarint(b, d.clock().Milliseconds()), d.number)
	})
	for key, e := range d.entries {
		if !add(func(b []byte) []byte { return e.append(b, 0, key) }) {
			return
		}
	}
}
