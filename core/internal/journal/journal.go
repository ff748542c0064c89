// Package journal keeps on a disk what a process must still know after a restart.
//
// A journal is one file: a line that says what it is, a snapshot, which is a
// record for everything there was when the file was written anew, and a tail, a
// record for every change since. A record is opaque here, and absolute: it says
// what something is now, and may be read again after later ones that are read
// again too. So a snapshot may be taken bit by bit while changes go on.
//
// The owner serializes its changes by a [Lock] of its own, and for each of them
// calls Append, makes the change in memory where State finds it, lets go of the
// Lock, and waits with Sync until it may be acknowledged. Whoever only reads the
// memory waits for none of this: no lock of the owner's is held here over I/O but
// that Lock.
//
// What runs in the background is one call of the system that syncs the file for
// all who wait, and the writing of the file anew. Both end by themselves, and Close
// waits for them.
package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"sync"
)

// ErrClosed is what every call returns after Close.
var ErrClosed = errors.New("the journal is closed")

// slack is what may gather before it is worth writing the file anew.
const slack = 1 << 20

// Config says what Open opens.
type Config struct {
	Path string
	// Kind and Realm are what the file keeps and for whom. A file of another kind
	// or realm is refused. Realm may be empty, if the records name theirs.
	Kind, Realm string
	// NoSync acknowledges what the system has and the disk may not have yet.
	NoSync bool
	// Apply takes a record at Open. It must not keep the slice. An error says that
	// we cannot have written it.
	Apply func(record []byte) error
	// Loaded is called when all records have been applied, before State. It may be nil.
	Loaded func()
	// State yields a record for everything that the memory has, at the end of Open
	// and whenever the file is written anew, then in the background, beside changes.
	// It takes the owner's own locks for a few records at a time and holds none
	// while it yields. The journal does not keep the slices.
	State iter.Seq[[]byte]
	// Report is told what no call returns, and once what is wrong with the file for
	// all calls. It may be called in the background.
	Report func(error)
	// Fault is called before each step that can fail, with its name, and makes it
	// fail. Nil but in tests.
	Fault func(step string) error
}

// Journal is an open journal.
type Journal struct {
	cfg      Config
	named    string // cfg.Path, wherever the process goes
	path     string // what that named at the beginning
	head     []byte
	salted   salted
	lock     *os.File
	lockInfo os.FileInfo
	slack    int64

	writing    Lock // to write to the file, or to replace it
	syncing    Lock // to sync the file, or to replace it; after writing, if both
	background sync.WaitGroup
	closing    context.Context
	cancel     context.CancelFunc

	mu        sync.Mutex // for what follows, and for no I/O
	file      *os.File   // nil: there is none yet
	info      os.FileInfo
	size      int64 // of the file
	base      int64 // its size when it was written anew
	position  int64 // how many bytes were appended in all
	promised  int64 // of them, what was acknowledged
	round     *round
	rewriting bool
	failed    error // for good
	strayed   error // as long as the path names another file
}

// Append writes a record behind the others and returns its number, for Sync. The
// caller holds the owner's Lock, and whatever was appended before is in State. An
// error says that nothing was written.
func (j *Journal) Append(ctx context.Context, record []byte) (number int64, err error) {
	if len(record) == 0 || len(record) > MaxRecord {
		return 0, fmt.Errorf("journal %s: a record of %d bytes is not between 1 and %d", j.path, len(record), MaxRecord)
	}
	if err := j.writing.Take(ctx); err != nil {
		return 0, err
	}
	defer j.writing.Release()
	j.mu.Lock()
	err, strayed, size := j.failed, j.strayed != nil, j.size
	j.mu.Unlock()
	if err == nil && strayed {
		err = j.intact(size)
	}
	if err != nil {
		return 0, err
	}
	j.tidy()
	return j.write(record)
}

// write appends a frame. The caller holds writing.
func (j *Journal) write(record []byte) (number int64, err error) {
	j.mu.Lock()
	file, size, lag := j.file, j.size, j.position-j.promised
	j.mu.Unlock()
	if j.cfg.NoSync { // whoever waits does so for an instant
		lag = 0
	}
	text := j.salted.append(nil, lag, record)
	err = j.fault("write")
	if err == nil {
		_, err = file.Write(text)
	}
	if err != nil {
		// Half a frame must not stand before the next one.
		if undo := errors.Join(j.fault("undo"), file.Truncate(size)); undo != nil {
			return 0, j.fail(errors.Join(err, undo))
		}
		return 0, fmt.Errorf("journal: %w", j.underItsName(err))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.size += int64(len(text))
	j.position += int64(len(text))
	return j.position, nil
}

// underItsName is an error of the file under its own name: it was opened under that of a
// new one.
func (j *Journal) underItsName(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: e.Op, Path: j.path, Err: e.Err}
	}
	return err
}

// Last is the number of the last record.
func (j *Journal) Last() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.position
}

// fail says that nobody knows any more what the disk has, so that nothing more is
// written.
func (j *Journal) fail(err error) error {
	j.mu.Lock()
	first := j.failed == nil
	if first {
		j.failed = fmt.Errorf("journal %s: %w; no more is written to it until the next start", j.path, err)
	}
	err = j.failed
	j.mu.Unlock()
	if first {
		j.cfg.Report(err)
	}
	return err
}

// Close waits for what runs in the background, writes out what is left and lets go
// of the file. Only the first call does anything.
func (j *Journal) Close() error {
	j.cancel() // a file that is being written anew is given up
	err := j.Sync(context.Background(), j.Last())
	j.mu.Lock()
	closed := errors.Is(j.failed, ErrClosed)
	j.failed = fmt.Errorf("journal %s: %w", j.path, ErrClosed)
	j.mu.Unlock()
	if closed {
		return nil
	}
	j.background.Wait()
	_ = j.writing.Take(context.Background()) // who writes has done so
	defer j.writing.Release()
	return errors.Join(err, j.release())
}

// release closes the files.
func (j *Journal) release() (err error) {
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, j.lock.Close())
}

func (j *Journal) fault(step string) error {
	if j.cfg.Fault != nil {
		return j.cfg.Fault(step)
	}
	return nil
}
