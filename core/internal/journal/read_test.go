package journal

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reopen opens a copy with this text.
func reopen(t *testing.T, text []byte) (*ledger, error) {
	t.Helper()
	l := newLedger(t, filepath.Join(t.TempDir(), "copy"))
	write(t, l.cfg.Path, text)
	err := l.open()
	if err == nil {
		l.close()
	} else if !bytes.Equal(read(t, l.cfg.Path), text) || files(t, filepath.Dir(l.cfg.Path)) != "copy copy.lock" {
		t.Errorf("%v: the file was changed", err)
	}
	return l, err
}

// frames are where the frames of a journal begin, and its end.
func frames(t *testing.T, text []byte) (at []int) {
	t.Helper()
	j := &Journal{cfg: newLedger(t, "").cfg}
	i := bytes.IndexByte(text, '\n') + 1
	if err := j.readHead(text[:i]); err != nil {
		t.Fatal(err)
	}
	for at = append(at, i); i < len(text); at = append(at, i) {
		f, ok := j.salted.parse(text[i:])
		if !ok {
			t.Fatalf("no frame at byte %d", i)
		}
		i += int(f.size)
	}
	return at
}

// sample is a journal with two records in its snapshot and three in its tail, with
// line breaks and markers in them.
func sample(t *testing.T) (text []byte, at []int) {
	t.Helper()
	l := openLedger(t, filepath.Join(t.TempDir(), "j"))
	l.must("a 1", "b 1")
	l.close()
	l = openLedger(t, l.cfg.Path)
	l.must("c \n\xc5\n", "d 1", "e \xc5\xc5\n1")
	text = l.close()
	at = frames(t, text)
	if len(at) != 7 { // two, the end of the snapshot, three, the end of the file
		t.Fatalf("frames at %v", at)
	}
	return text, at
}

// bits yields one bit of every byte from start to end, in nightly runs each.
func bits(start, end int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := start * 8; i < end*8; i++ {
			if os.Getenv("JWTGATE_NIGHTLY") != "1" {
				i += rand.IntN(8) - i%8
				if !yield(i) {
					return
				}
				i |= 7
			} else if !yield(i) {
				return
			}
		}
	}
}

// TestTornEnd cuts a journal at every byte of its last record, and breaks its
// bits: all others are there, and it is reported.
func TestTornEnd(t *testing.T) {
	text, at := sample(t)
	start, whole := at[5], "a=1 b=1 c=\n\xc5\n d=1 e=\xc5\xc5\n1"
	check := func(name string, text []byte, want string, told bool) {
		t.Helper()
		l, err := reopen(t, text)
		if err != nil || l.String() != want || strings.Contains(l.reports(), "at the end") != told {
			t.Errorf("%s: got %q, %v, told %q", name, l, err, l.reports())
		}
	}
	without := strings.TrimSuffix(whole, " e=\xc5\xc5\n1")
	check("whole", text, whole, false)
	check("cut before it", text[:start], without, false)
	for i := start + 1; i < len(text); i++ {
		check(fmt.Sprintf("cut after %d bytes", i-start), text[:i], without, true)
	}
	for i := range bits(start, len(text)) {
		broken := bytes.Clone(text)
		broken[i/8] ^= 1 << (i % 8)
		check(fmt.Sprintf("bit %d broken", i-start*8), broken, without, true)
	}
	check("zeros behind it", append(bytes.Clone(text), make([]byte, 5000)...), whole, true)
	for _, long := range []string{"x", "\xc5", "\xc5\x00"} {
		check("long garbage behind it", append(bytes.Clone(text), bytes.Repeat([]byte(long), 6<<20/len(long))...), whole, true)
	}
	// Frames of another file: what a file system left in a block that was not written.
	other, from := sample(t)
	check("another's frames behind it", append(bytes.Clone(text), other[from[0]:]...), whole, true)
}

// TestBrokenMiddle breaks the bits of a journal but for its last record, one at a
// time. It does not open, and is not changed.
func TestBrokenMiddle(t *testing.T) {
	text, at := sample(t)
	for i := range bits(0, at[5]) {
		broken := bytes.Clone(text)
		broken[i/8] ^= 1 << (i % 8)
		if l, err := reopen(t, broken); err == nil {
			t.Errorf("bit %d broken: opened, with %v", i, l)
		}
	}
	for i := range at[3] { // the snapshot was there before the name
		if _, err := reopen(t, text[:i]); err == nil {
			t.Errorf("cut after %d bytes: opened", i)
		}
	}
	for from := range 5 { // a record that is missing is no crash's either
		gone := append(bytes.Clone(text[:at[from]]), make([]byte, at[from+1]-at[from])...)
		if _, err := reopen(t, append(gone, text[at[from+1]:]...)); err == nil {
			t.Errorf("zeros for record %d: opened", from)
		}
	}
}

// TestWrittenOutOfOrder: a machine that dies may have written the later of two
// records that nobody was promised and not the earlier one. That is no damage.
func TestWrittenOutOfOrder(t *testing.T) {
	l := openLedger(t, filepath.Join(t.TempDir(), "j"))
	l.must("a 1")
	var text []byte
	for _, r := range []string{"b 1", "c 1", "d 1"} {
		if _, err := l.Append(t.Context(), []byte(r)); err != nil {
			t.Fatal(err)
		}
		text = read(t, l.cfg.Path)
	}
	l.must("e 1") // which promises all of them
	l.must("f 1")
	later := l.close()
	at := frames(t, later) // the end of the snapshot, a, b, c, d, e, f
	for n, want := range []string{"a=1", "a=1 b=1"} {
		broken := bytes.Clone(text)
		clear(broken[at[2+n]:at[3+n]])
		l, err := reopen(t, broken)
		if err != nil || l.String() != want || !strings.Contains(l.reports(), "are cut off") {
			t.Errorf("got %v, %v, told %q", l, err, l.reports())
		}
		copy(later[at[2+n]:], broken[at[2+n]:at[3+n]])
		if _, err := reopen(t, later); err == nil || !strings.Contains(err.Error(), "good records follow") {
			t.Errorf("after they were promised: got %v", err)
		}
	}
	// Without syncs everything was promised at once.
	l = newLedger(t, filepath.Join(t.TempDir(), "j"))
	l.cfg.NoSync = true
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	for _, r := range []string{"a 1", "b 1"} {
		if _, err := l.Append(t.Context(), []byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	text = l.close()
	text[frames(t, text)[1]] ^= 1
	if _, err := reopen(t, text); err == nil {
		t.Error("NoSync: opened a broken file")
	}
}

// TestFrameInRecord: who can choose a record's text cannot put a frame into it,
// though he has seen another file of ours.
func TestFrameInRecord(t *testing.T) {
	seen, at := sample(t)
	l := openLedger(t, filepath.Join(t.TempDir(), "j"))
	l.must("a 1", "b "+string(seen[at[0]:]))
	text := l.close()
	broken := bytes.Clone(text)
	broken[frames(t, text)[2]] ^= 1
	again, err := reopen(t, broken)
	if err != nil || again.String() != "a=1" {
		t.Errorf("got %q, %v", again, err)
	}
}

// TestRefused: what is no journal of ours is left as it is.
func TestRefused(t *testing.T) {
	text, at := sample(t)
	head := string(text[:at[0]])
	body := text[at[0]:]
	for _, tt := range []struct{ name, head, want string }{
		{"another file", "port: 8080\n", "it is another file"},
		{"an empty file", "", "it is another file"},
		{"a long line", strings.Repeat("x", 5<<20), "it is another file"},
		{"the text that it was once", "jwtgate journal 1 names\n9ae0daaf 3 a 1\n", `it has format "1", and this program reads and writes format 2; delete it`},
		{"a later version", strings.Replace(head, "journal 2", "journal 3", 1), `it has format "3"`},
		{"another kind", strings.Replace(head, `"names"`, `"games"`, 1), `it is a journal of something else: it begins with "jwtgate journal 2 \"games\"`},
		{"another realm", strings.Replace(head, `"here"`, `"there"`, 1), "it is a journal of something else"},
		{"another salt", head[:len(head)-11] + "x" + head[len(head)-10:], "its first line is broken"},
		{"the first line alone", head, ""},
	} {
		whole := append([]byte(tt.head), body...)
		if tt.want == "" {
			whole, tt.want = []byte(tt.head), "it is cut off after"
		}
		if _, err := reopen(t, whole); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	j := &Journal{cfg: newLedger(t, "").cfg}
	_ = j.readHead(text[:at[0]])
	for _, record := range []string{"bad 1", "bad"} {
		if _, err := reopen(t, j.salted.append(bytes.Clone(text), 0, []byte(record))); err == nil || !strings.Contains(err.Error(), "a bad record; nothing was changed") {
			t.Errorf("a record that its owner does not know: got %v", err)
		}
	}
}

// FuzzRead: whatever a file holds, reading it ends, without a panic, and what is
// taken from it stood there in a frame.
func FuzzRead(f *testing.F) {
	f.Add([]byte("a 1"), []byte{}, uint16(0))
	f.Add([]byte("\xc5\xc5"), []byte("\xc5\x00\x00\x00"), uint16(3))
	f.Fuzz(func(t *testing.T, record, garbage []byte, flip uint16) {
		if len(record) == 0 || len(record) > MaxRecord {
			return
		}
		j := &Journal{cfg: Config{Report: func(error) {}}}
		j.setHead(rand.Uint64())
		text := j.salted.append(bytes.Clone(j.head), 0, nil)
		text = j.salted.append(text, 0, record)
		text = append(text, garbage...)
		text[int(flip)%len(text)] ^= byte(flip >> 8)
		n := 0
		j.cfg.Apply = func(got []byte) error {
			if n++; !bytes.Equal(got, record) {
				t.Errorf("got %q, want %q", got, record)
			}
			return nil
		}
		err := j.read(bytes.NewReader(text), int64(len(text)))
		if flip < 256 && (err != nil || n != 1) {
			t.Errorf("an unbroken record before garbage: got %v, %d records", err, n)
		}
	})
}
