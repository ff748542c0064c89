package sessions

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/journal"
)

// logged is a record of the journal, of one realm: all of a subject's sessions
// that ended, or some that did, and then one as it is now.
//
// It begins with what the store's own clock showed then, from where it goes on
// after a restart, and with which of these parts there are. A realm has a number in
// the file, which a record of its own gives it. Times are in milliseconds.
type logged struct {
	Realm string
	All   *loggedEnding
	End   []string
	Put   *memorySession
}

// loggedEnding is the ending of a subject's sessions, and its number.
type loggedEnding struct {
	Subject string
	Number  int64
}

// The parts of a record, in this order.
const (
	loggedRealm = 1 << iota
	loggedAll
	loggedEnd
	loggedPut
	loggedStamp    // of the session that is put
	loggedDelivery // the same; in the body, if it is not there
	loggedNoMore
)

// openJournal reads the journal and keeps it open.
func (m *MemoryStore) openJournal() (err error) {
	m.numbered = map[int64]*memoryRealm{}
	m.journal, err = journal.Open(journal.Config{
		Path: m.cfg.Journal, Kind: "sessions", NoSync: m.cfg.InsecureNoSync,
		Apply: m.replay, Loaded: func() { m.sweep(m.due.Len()) }, State: journal.Portions(m.mu.RLocker(), m.walk),
		Report: func(err error) { m.report(m.cfg.Journal, err) },
	})
	m.numbered = nil
	return err
}

// walk adds what a journal written anew holds: of each realm the marks, which end
// nothing that stands behind them, and then the sessions.
func (m *MemoryStore) walk(add func(func([]byte) []byte) bool) {
	add(func(b []byte) []byte { return binary.AppendVarint(binary.AppendVarint(b, m.clock().Milliseconds()), 0) })
	for name, r := range m.realms {
		if !add(func(b []byte) []byte { return r.define(b, name) }) {
			return
		}
		for subject, mark := range r.marks {
			if !add(func(b []byte) []byte { return logged{All: &loggedEnding{subject, mark.number}}.append(b, 0, r.number) }) {
				return
			}
		}
		for _, s := range r.byID {
			if !add(func(b []byte) []byte { return logged{Put: s}.append(b, 0, r.number) }) {
				return
			}
		}
	}
}

// define appends the record that gives a realm its number.
func (r *memoryRealm) define(b []byte, name string) []byte {
	b = binary.AppendVarint(binary.AppendVarint(b, 0), loggedRealm)
	b = binary.AppendVarint(binary.AppendVarint(b, r.number), r.counter)
	return journal.AppendText(b, name)
}

// append appends the record, with the clock and the realm's number.
func (l logged) append(b []byte, clock time.Duration, realm int64) []byte {
	parts := int64(0)
	if l.All != nil {
		parts |= loggedAll
	}
	if len(l.End) > 0 {
		parts |= loggedEnd
	}
	if l.Put != nil {
		parts |= loggedPut
		if l.Put.Stamp != [32]byte{} {
			parts |= loggedStamp
		}
		if l.Put.Delivery != InBody {
			parts |= loggedDelivery
		}
	}
	b = binary.AppendVarint(b, clock.Milliseconds())
	b = binary.AppendVarint(binary.AppendVarint(b, parts), realm)
	if l.All != nil {
		b = binary.AppendVarint(journal.AppendText(b, l.All.Subject), l.All.Number)
	}
	if len(l.End) > 0 {
		b = binary.AppendVarint(b, int64(len(l.End)))
		for _, id := range l.End {
			b = appendID(b, id)
		}
	}
	if l.Put != nil {
		b = l.Put.append(b)
	}
	return b
}

// append appends the session, with times that are near each other as differences.
func (s *memorySession) append(b []byte) []byte {
	b = journal.AppendText(journal.AppendText(appendID(b, s.ID), s.Subject), s.Label)
	b = append(b, s.current[:]...)
	if s.Stamp != [32]byte{} {
		b = append(b, s.Stamp[:]...)
	}
	if s.Delivery != InBody {
		b = binary.AppendVarint(b, int64(s.Delivery))
	}
	created, used, expires := s.Created.UnixMilli(), s.LastUsed.UnixMilli(), s.Expires.UnixMilli()
	b = binary.AppendVarint(binary.AppendVarint(b, created), used-created)
	b = binary.AppendVarint(binary.AppendVarint(b, expires-used), s.erase.Milliseconds()-(expires-used))
	b = binary.AppendVarint(b, int64(len(s.graces)))
	for _, g := range s.graces {
		b = journal.AppendText(append(b, g.token[:]...), g.sealed)
		b = binary.AppendVarint(binary.AppendVarint(b, g.ends.UnixMilli()), g.erase.Milliseconds())
		b = binary.AppendVarint(b, int64(g.given))
	}
	return b
}

// strictBase64 is how core writes a session's ID.
var strictBase64 = base64.RawURLEncoding.Strict()

// appendID appends the 16 bytes behind an ID that core made, after an empty text;
// of another one the text.
func appendID(b []byte, id string) []byte {
	var raw [16]byte
	if len(id) == 22 {
		if n, err := strictBase64.Decode(raw[:], []byte(id)); err == nil && n == len(raw) {
			return append(journal.AppendText(b, ""), raw[:]...)
		}
	}
	return journal.AppendText(b, id)
}

func readID(f *journal.Fields) string {
	if text := f.Text(); len(text) > 0 {
		return string(text)
	}
	return strictBase64.EncodeToString(f.Raw(16))
}

var errLogged = errors.New("the record is no change of sessions that this version knows")

// replay applies a record of the journal.
func (m *MemoryStore) replay(record []byte) error {
	f := journal.FieldsOf(record)
	m.before = max(m.before, milliseconds(f.Int()))
	parts := f.Int()
	if parts == 0 || parts >= loggedNoMore {
		return doneWith(f, parts == 0)
	}
	number := f.Int()
	if parts == loggedRealm {
		counter := f.Int()
		r := m.realm(string(f.Text()))
		r.counter, r.logged, m.numbered[number] = max(r.counter, counter), true, r
		return doneWith(f, true)
	}
	r := m.numbered[number]
	if r == nil {
		return errLogged
	}
	if parts&loggedAll != 0 {
		m.endAll(r, loggedEnding{string(f.Text()), f.Int()})
	}
	if parts&loggedEnd != 0 {
		for n := f.Int(); n > 0 && !f.Broken(); n-- {
			if s := r.byID[readID(f)]; s != nil {
				m.remove(s)
			}
		}
	}
	if parts&loggedPut != 0 {
		s := readSession(f, parts)
		if !s.Delivery.Valid() {
			return errLogged
		}
		if f.Done() {
			m.put(r, s)
		}
	}
	return doneWith(f, true)
}

func doneWith(f *journal.Fields, known bool) error {
	if known && f.Done() {
		return nil
	}
	return errLogged
}

func readSession(f *journal.Fields, parts int64) *memorySession {
	s := &memorySession{}
	s.ID, s.Subject, s.Label = readID(f), string(f.Text()), string(f.Text())
	copy(s.current[:], f.Raw(len(s.current)))
	if parts&loggedStamp != 0 {
		copy(s.Stamp[:], f.Raw(len(s.Stamp)))
	}
	if parts&loggedDelivery != 0 {
		s.Delivery = Delivery(f.Int())
	}
	created := f.Int()
	used := created + f.Int()
	lives := f.Int()
	s.Created, s.LastUsed, s.Expires = readTime(created), readTime(used), readTime(used+lives)
	s.erase = milliseconds(lives + f.Int())
	for n := f.Int(); n > 0 && !f.Broken(); n-- {
		var g memoryGrace
		copy(g.token[:], f.Raw(len(g.token)))
		g.sealed = bytes.Clone(f.Text())
		g.ends, g.erase, g.given = readTime(f.Int()), milliseconds(f.Int()), int(f.Int())
		s.graces = append(s.graces, g)
	}
	return s
}

// put adds a session, or makes of one what it is now.
func (m *MemoryStore) put(r *memoryRealm, s *memorySession) {
	old := r.byID[s.ID]
	if old == nil {
		m.add(r, s)
		return
	}
	s.realm, s.index = r, old.index
	*old = *s
	m.due.Fix(old)
}

func readTime(n int64) time.Time { return time.UnixMilli(n).UTC() }

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// log writes a record to the journal, before anything changes in memory.
func (m *MemoryStore) log(ctx context.Context, l logged) (int64, error) {
	if m.journal == nil {
		return 0, nil
	}
	r := m.realms[l.Realm]
	if r == nil {
		m.mu.Lock()
		r = m.realm(l.Realm)
		m.mu.Unlock()
	}
	if !r.logged {
		if _, err := m.journal.Append(ctx, r.define(nil, l.Realm)); err != nil {
			return 0, err
		}
		r.logged = true
	}
	return m.journal.Append(ctx, l.append(nil, m.clock(), r.number))
}

// settle returns when a record is on the disk.
func (m *MemoryStore) settle(ctx context.Context, number int64) error {
	if m.journal == nil {
		return nil
	}
	return m.journal.Sync(ctx, number)
}

// last is the number of the last record.
func (m *MemoryStore) last() int64 {
	if m.journal == nil {
		return 0
	}
	return m.journal.Last()
}
