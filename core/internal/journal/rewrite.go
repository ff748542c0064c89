package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// gulp is how much is written to a new file before it is synced: the disk must
	// stay free for those who log in meanwhile.
	gulp = 1 << 20
	// rest is how much of the tail may be left for the moment when nobody can
	// append.
	rest = 64 << 10
)

// tidy writes the file anew in the background if that is worth its while. The
// caller holds writing, and all that was appended is in State.
func (j *Journal) tidy() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.rewriting || j.size <= 2*j.base+j.slack || j.closing.Err() != nil {
		return
	}
	j.rewriting = true
	from := j.size
	j.background.Go(func() {
		err := j.replace(from)
		j.mu.Lock()
		j.rewriting = false
		if err != nil {
			j.base = j.size // not at every call
		}
		j.mu.Unlock()
		if err != nil && j.closing.Err() == nil {
			j.cfg.Report(fmt.Errorf("journal %s: it cannot be written anew, and grows: %w", j.cfg.Path, err))
		}
	})
}

// replace writes a file beside the journal, with what State says, and then with
// all that is behind from in the old one, where there is one, and puts it into the
// old one's place. If it fails the journal is what it was.
//
// A change is in the old file before it is in memory. What of those before from
// is in memory is in the snapshot; all others are behind from and are read again
// after it, in their order. So it does no harm that the snapshot has some of them
// already.
func (j *Journal) replace(from int64) (err error) {
	fresh, err := j.create()
	if err != nil {
		return err
	}
	placed := false
	defer func() {
		if !placed {
			_ = fresh.Close()
			_ = os.Remove(fresh.Name())
		}
	}()
	base, err := j.writeState(fresh)
	if err != nil {
		return err
	}
	written := base
	for range 20 { // most of the tail, beside those who append to it
		n, err := j.copyTail(fresh, from)
		from, written = from+n, written+n
		if err != nil {
			return err
		}
		if n <= rest {
			break
		}
	}
	if err := j.writing.Take(j.closing); err != nil {
		return err
	}
	defer j.writing.Release()
	_ = j.syncing.Take(context.Background()) // a sync ends
	defer j.syncing.Release()
	n, err := j.copyTail(fresh, from)
	if err != nil {
		return err
	}
	written += n
	j.mu.Lock()
	old, size := j.file, j.size
	err = j.failed
	j.mu.Unlock()
	if err == nil && old != nil {
		err = j.look(size)
	}
	if err == nil {
		err = j.fault("rename")
	}
	if err != nil {
		return err
	}
	file, info, err := rename(old, fresh, j.path)
	if file == nil {
		return err
	}
	placed = true
	j.mu.Lock()
	j.file, j.info = file, info
	j.size, j.base, j.strayed = written, base, nil
	j.mu.Unlock()
	if old != nil {
		_ = old.Close() // its locks go with it
	}
	if err == nil {
		err = j.fault("sync directory")
	}
	if err == nil {
		err = syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		return j.fail(err) // which of the two files the next start finds nobody knows
	}
	j.mu.Lock()
	j.promised = j.position
	j.mu.Unlock()
	return nil
}

// create makes the new file. What has its name is a leftover of ours, or somebody's
// trap; a link there is removed, not followed.
func (j *Journal) create() (*os.File, error) {
	path := j.path + ".new"
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := j.fault("create"); err != nil {
		return nil, err
	}
	fresh, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(fresh); err != nil {
		_ = fresh.Close()
		return nil, errors.Join(err, os.Remove(path))
	}
	return fresh, nil
}

// writeState writes the head and the snapshot, and returns their size.
func (j *Journal) writeState(fresh *os.File) (size int64, err error) {
	b := bufio.NewWriterSize(&gulping{file: fresh, fault: j.fault}, 64<<10)
	n, _ := b.Write(j.head) // the writer keeps its error for Flush
	size = int64(n)
	var text []byte
	put := func(record []byte) error {
		text = j.salted.append(text[:0], 0, record)
		n, err := b.Write(text)
		size += int64(n)
		return err
	}
	for record := range j.cfg.State {
		if len(record) == 0 || len(record) > MaxRecord {
			return 0, fmt.Errorf("a record of %d bytes is not between 1 and %d", len(record), MaxRecord)
		}
		if err := errors.Join(put(record), j.closing.Err()); err != nil {
			return 0, err
		}
	}
	_ = put(nil) // the end of the snapshot
	if err := b.Flush(); err != nil {
		return 0, err
	}
	return size, j.syncNew(fresh)
}

// copyTail copies what stands behind from in the file, and syncs it.
func (j *Journal) copyTail(fresh *os.File, from int64) (int64, error) {
	j.mu.Lock()
	file, size, failed := j.file, j.size, j.failed
	j.mu.Unlock()
	if file == nil || failed != nil || size == from {
		return 0, failed
	}
	n, err := io.Copy(&gulping{file: fresh, fault: j.fault}, io.NewSectionReader(file, from, size-from))
	if err == nil && n != size-from {
		err = fmt.Errorf("%d bytes are missing at its end", size-from-n)
	}
	if err == nil {
		err = j.syncNew(fresh)
	}
	return n, err
}

func (j *Journal) syncNew(fresh *os.File) error {
	if err := j.fault("sync anew"); err != nil {
		return err
	}
	return fresh.Sync()
}

// gulping syncs a file again and again while it is written.
type gulping struct {
	file    *os.File
	written int
	fault   func(string) error
}

func (g *gulping) Write(p []byte) (n int, err error) {
	if err := g.fault("write anew"); err != nil {
		return 0, err
	}
	n, err = g.file.Write(p)
	if g.written += n; err == nil && g.written >= gulp {
		g.written = 0
		err = g.file.Sync()
	}
	return n, err
}
