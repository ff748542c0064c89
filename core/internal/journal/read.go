package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
)

// version is that of the format. 1 was a text.
const version = 2

const magic = "jwtgate journal "

// setHead sets the file's first line: what it is, its salt, and a checksum.
func (j *Journal) setHead(salt uint64) {
	text := fmt.Sprintf("%s%s%016x ", magic, j.about(), salt)
	j.head = fmt.Appendf(nil, "%s%08x\n", text, crc32.Checksum([]byte(text), castagnoli))
	j.salted = saltedBy(salt)
}

func (j *Journal) about() string {
	return fmt.Sprintf("%d %q %q ", version, j.cfg.Kind, j.cfg.Realm)
}

// readHead checks the first line.
func (j *Journal) readHead(line []byte) error {
	text, ours := strings.CutPrefix(string(line), magic)
	number, _, _ := strings.Cut(text, " ")
	salt, same := strings.CutPrefix(text, j.about())
	switch {
	case !ours:
		return fmt.Errorf("it does not begin with %q, so it is another file; nothing was changed", magic)
	case number != strconv.Itoa(version):
		return fmt.Errorf("it has format %.20q, and this program reads and writes format %d; delete it, and what it keeps is forgotten; nothing was changed", number, version)
	case !same:
		return fmt.Errorf("it is a journal of something else: it begins with %.200q, not with %q; nothing was changed", line, magic+j.about())
	}
	salt, _, _ = strings.Cut(salt, " ")
	n, err := strconv.ParseUint(salt, 16, 64)
	if j.setHead(n); err != nil || string(j.head) != string(line) {
		return fmt.Errorf("its first line is broken; %s", restore)
	}
	return nil
}

const restore = "restore the file, or delete it, and what it keeps is forgotten; nothing was changed"

// read applies all records. Nothing is changed.
//
// A snapshot was on the disk before it got the journal's name, so no crash breaks
// it. In the tail a crash may break what was not acknowledged, in any order: the
// system need not write a file from front to back. So the tail ends at its first
// broken frame, unless a frame behind it says that this one was acknowledged. To
// pass over that one alone could bring back a session that was ended.
func (j *Journal) read(file io.Reader, size int64) error {
	w := window{file: file, text: make([]byte, min(4*frameMax, size+1))}
	text, err := w.peek()
	if err != nil {
		return err
	}
	line := text[:bytes.IndexByte(text, '\n')+1]
	if err := j.readHead(line); err != nil {
		return err
	}
	w.skip(len(line))
	tail, broken := false, int64(-1)
	for {
		text, err := w.peek()
		if err != nil {
			return err
		}
		if len(text) == 0 {
			break
		}
		f, ok := j.salted.parse(text)
		switch {
		case !ok && !tail:
			return fmt.Errorf("the record at byte %d is broken; %s", w.offset, restore)
		case !ok:
			if broken < 0 {
				broken = w.offset
			}
			w.skip(nextMarker(text))
			continue
		case broken >= 0 && w.offset-f.lag > broken:
			return fmt.Errorf("the record at byte %d is broken, and good records follow, so no crash did that; %s", broken, restore)
		case broken >= 0: // written, and nobody was told so
		case len(f.record) == 0:
			tail = true
		default:
			if err := j.cfg.Apply(f.record); err != nil { // as it was written, and not by us
				return fmt.Errorf("the record at byte %d: %w; nothing was changed", w.offset, err)
			}
		}
		w.skip(int(f.size))
	}
	if !tail {
		return fmt.Errorf("it is cut off after %d bytes, where no crash cuts it; %s", w.offset, restore)
	}
	if broken >= 0 {
		j.cfg.Report(fmt.Errorf("journal %s: %d bytes at the end are of a write that was not finished, and are cut off", j.cfg.Path, w.offset-broken))
	}
	return nil
}

// nextMarker is where, behind its first byte, a frame may begin in text.
func nextMarker(text []byte) int {
	if i := bytes.IndexByte(text[1:], marker); i >= 0 {
		return 1 + i
	}
	return len(text)
}

// window is the part of a file that is looked at.
type window struct {
	file   io.Reader
	text   []byte
	from   int // in text
	to     int
	offset int64 // of from, in the file
	ended  bool
}

// peek returns what comes next, enough for any frame, or all that is left.
func (w *window) peek() ([]byte, error) {
	if w.to-w.from < frameMax && !w.ended {
		w.to = copy(w.text, w.text[w.from:w.to])
		w.from = 0
		n, err := io.ReadFull(w.file, w.text[w.to:])
		w.to += n
		if w.ended = err != nil; w.ended && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
	}
	return w.text[w.from:w.to], nil
}

func (w *window) skip(n int) {
	w.from += n
	w.offset += int64(n)
}
