package core

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// journal is a file that is only appended to: a line that says what it is, then
// a line for each record with its checksum, its length and its text, which has no
// line break. What append has returned without an error survives the end of the
// process; what sync has, the end of the machine.
//
// The owner serializes append and rewrite. sync may run beside anything, and one
// call of the system serves all who wait.
type journal struct {
	path     string
	kind     string
	noSync   bool
	observer Observer
	lock     *os.File

	file *os.File
	size int64 // of the file
	base int64 // its size when it was written anew

	written atomic.Int64 // records so far
	syncing sync.Mutex
	synced  int64                 // of them, what is on the disk
	failed  atomic.Pointer[error] // the file may no longer be what we think it is
}

const (
	journalRecordMax = 1 << 20
	journalSlack     = 1 << 20 // what may gather before a rewrite is worth it
)

// append writes a record and returns its number, for sync.
func (j *journal) append(text []byte) (int64, error) {
	if err := j.failure(); err != nil {
		return 0, err
	}
	if len(text) > journalRecordMax {
		return 0, fmt.Errorf("journal %s: a record of %d bytes is too large", j.path, len(text))
	}
	line := appendRecord(nil, text)
	if _, err := j.file.Write(line); err != nil {
		// Half a line must not stand before the next one.
		if undo := j.file.Truncate(j.size); undo != nil {
			return 0, j.fail(errors.Join(err, undo))
		}
		return 0, fmt.Errorf("journal: %w", err)
	}
	j.size += int64(len(line))
	return j.written.Add(1), nil
}

// sync returns when the record with this number is on the disk.
func (j *journal) sync(number int64) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if err := j.failure(); err != nil {
		return err
	}
	if j.noSync || number <= j.synced {
		return nil
	}
	upTo := j.written.Load()
	if err := j.file.Sync(); err != nil {
		// What the disk holds now nobody knows, and asking again would not tell.
		return j.fail(err)
	}
	j.synced = upTo
	return nil
}

// tidy rewrites the file if that is worth its while. If it fails the old file
// serves on, and grows.
func (j *journal) tidy(texts func(yield func([]byte) bool)) {
	if j.size <= 2*j.base+journalSlack {
		return
	}
	if err := j.rewrite(texts); err != nil {
		j.base = j.size // not at every call
		j.report(err)
	}
}

// rewrite replaces the file by one with these records alone. If that fails the
// file is what it was, if it was there.
func (j *journal) rewrite(texts func(yield func([]byte) bool)) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if err := j.failure(); err != nil {
		return err
	}
	size, err := j.writeNew(texts)
	if err == nil {
		if j.file != nil {
			_ = j.file.Close() // some systems replace no open file
		}
		err = errors.Join(os.Rename(j.path+".new", j.path), j.reopen())
		syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.size, j.base, j.synced = size, size, j.written.Load()
	return nil
}

// reopen opens the file under its name to append to it.
func (j *journal) reopen() error {
	file, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return j.fail(err)
	}
	j.file = file
	return nil
}

// writeNew writes the records to a file beside the journal.
func (j *journal) writeNew(texts func(yield func([]byte) bool)) (size int64, err error) {
	file, err := os.OpenFile(j.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(file, 1<<16)
	n, _ := w.WriteString(j.head()) // the writer keeps its error for Flush
	size = int64(n)
	var line []byte
	for text := range texts {
		line = appendRecord(line[:0], text)
		n, _ := w.Write(line)
		size += int64(n)
	}
	err = w.Flush()
	if err == nil {
		err = file.Chmod(0o600) // it may have been there
	}
	if err == nil {
		err = file.Sync()
	}
	return size, errors.Join(err, file.Close())
}

// syncDir makes a rename last. Not every system can.
func syncDir(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}

func (j *journal) failure() error {
	if err := j.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (j *journal) fail(err error) error {
	err = fmt.Errorf("journal %s: %w; no more is written to it", j.path, err)
	j.failed.Store(&err)
	return err
}

// report tells the Observer what no caller is told.
func (j *journal) report(err error) {
	if j.observer != nil {
		j.observer.Observe(context.Background(), Event{Action: ActionStore, Source: j.path, Cause: err})
	}
}

// close writes out what is left and lets go of the file.
func (j *journal) close() error {
	err := j.sync(j.written.Load())
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
	}
	j.failed.Store(&errJournalClosed)
	return errors.Join(err, j.lock.Close())
}

var errJournalClosed = errors.New("journal: closed")
