package journal

import (
	"encoding/binary"
	"iter"
	"sync"
)

// portion is how many records are put together under the owner's lock at a time,
// and portionBytes how long they may be. Whoever wants the lock waits that long.
const (
	portion      = 64
	portionBytes = 64 << 10
)

// Portions makes a State of a walk through the owner's memory under a lock, which
// is let go after a portion, while the records are written. The walk hands add a
// function for each record, which appends it, ends when add returns false, and has
// to bear that the memory has changed when add returns, as ranging over a map does.
func Portions(lock sync.Locker, walk func(add func(record func(b []byte) []byte) bool)) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var text []byte
		var ends []int
		hand := func() bool {
			from := 0
			for _, to := range ends {
				if !yield(text[from:to]) {
					return false
				}
				from = to
			}
			clear(text)
			text, ends = text[:0], ends[:0]
			return true
		}
		more := true
		lock.Lock()
		walk(func(record func([]byte) []byte) bool {
			text = record(text)
			ends = append(ends, len(text))
			if len(ends) == portion || len(text) >= portionBytes {
				lock.Unlock()
				more = hand()
				lock.Lock()
			}
			return more
		})
		lock.Unlock()
		if more {
			hand()
		}
	}
}

// AppendText appends a text with its length, for Fields.Text. Numbers are appended
// with binary.AppendVarint.
func AppendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Fields reads what a record consists of. After the first thing that is not there
// it returns zeros, and Done false.
type Fields struct {
	rest   []byte
	broken bool
}

// FieldsOf begins to read a record.
func FieldsOf(record []byte) *Fields { return &Fields{rest: record} }

// Int reads a number.
func (f *Fields) Int() int64 {
	v, n := binary.Varint(f.rest)
	if n <= 0 {
		f.broken, n = true, 0
	}
	f.rest = f.rest[n:]
	return v
}

// Text reads a text, as a part of the record.
func (f *Fields) Text() []byte {
	length, n := binary.Uvarint(f.rest)
	if n <= 0 || length > uint64(len(f.rest)-n) {
		f.broken, f.rest = true, nil
		return nil
	}
	f.rest = f.rest[n:]
	return f.Raw(int(length))
}

// Raw reads so many bytes, as a part of the record, or nil.
func (f *Fields) Raw(n int) []byte {
	if n > len(f.rest) {
		f.broken, f.rest = true, nil
		return nil
	}
	text := f.rest[:n:n]
	f.rest = f.rest[n:]
	return text
}

// Broken reports whether something was not there.
func (f *Fields) Broken() bool { return f.broken }

// Done reports whether everything was there, and nothing else is.
func (f *Fields) Done() bool { return !f.broken && len(f.rest) == 0 }
