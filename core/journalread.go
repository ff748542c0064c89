package core

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openJournal opens or makes a journal and calls apply for every record in it. A
// last record that is torn or corrupt is passed over, and the Observer told. It
// is the owner's to call rewrite then, before append.
func openJournal(path, kind string, noSync bool, observer Observer, apply func(text []byte) error) (_ *journal, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("journal %s: %w", path, err)
		}
	}()
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	j := &journal{path: path, kind: kind, noSync: noSync, observer: observer, lock: lock}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return j, nil
	}
	if err == nil {
		err = j.read(file, apply)
		_ = file.Close()
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return j, nil
}

func (j *journal) head() string { return "jwtgate journal 1 " + j.kind + "\n" }

// read reads all records. Nothing is changed: a file that is no journal of this
// kind is somebody's.
func (j *journal) read(file io.Reader, apply func([]byte) error) error {
	r := bufio.NewReaderSize(file, journalRecordMax+64)
	line, err := r.ReadSlice('\n')
	if err != nil || string(line) != j.head() {
		return fmt.Errorf("it does not begin with %q, so it is another file; nothing was changed", j.head())
	}
	offset, cut := int64(len(line)), int64(-1)
	var why error
	for n := 2; ; n++ {
		line, err = r.ReadSlice('\n')
		if len(line) == 0 && err == io.EOF {
			break
		}
		text, bad := parseRecord(line)
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return err
		}
		if bad == nil && cut < 0 {
			if err := apply(text); err != nil { // as it was written, and not by us
				return fmt.Errorf("line %d: %w; nothing was changed", n, err)
			}
		}
		switch {
		case bad != nil && cut < 0:
			cut, why = offset, fmt.Errorf("line %d: %w", n, bad)
		case bad == nil && cut >= 0:
			// What follows was written after it, so it is no write that a crash cut
			// short. Passing over it could bring back a session that was ended.
			return fmt.Errorf("%w, and good records follow; restore the file, or delete it to end what it keeps; nothing was changed", why)
		}
		offset += int64(len(line))
	}
	if cut >= 0 {
		j.report(fmt.Errorf("journal: cut off %d bytes at the end, of a write that was not finished: %w", offset-cut, why))
	}
	return nil
}

var errRecord = errors.New("the record is torn or corrupt")

// parseRecord returns the text of a line.
func parseRecord(line []byte) ([]byte, error) {
	rest, ended := bytes.CutSuffix(line, []byte{'\n'})
	sum, rest, ok1 := bytes.Cut(rest, []byte{' '})
	length, text, ok2 := bytes.Cut(rest, []byte{' '})
	if !ended || !ok1 || !ok2 || string(length) != strconv.Itoa(len(text)) || string(sum) != checksum(text) {
		return nil, errRecord
	}
	return text, nil
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(text, castagnoli)) }

func appendRecord(b, text []byte) []byte {
	b = append(b, checksum(text)...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(text)), 10)
	b = append(b, ' ')
	return append(append(b, text...), '\n')
}
