package journal

import (
	"context"
	"fmt"
	"os"
)

// round is one sync of the file, for all who wait for it.
type round struct {
	done chan struct{}
	upTo int64 // the number of the last record that it serves; like err set before done is closed
	err  error
}

// Sync returns nil when the record with this number, and all before it, may be
// acknowledged: it is on the disk, in the file that the next start will read. After
// any error nobody knows whether it will be found there.
func (j *Journal) Sync(ctx context.Context, number int64) error {
	for {
		j.mu.Lock()
		if err := j.failed; err != nil || number <= j.promised {
			j.mu.Unlock()
			return err
		}
		r := j.round
		if r == nil {
			r = &round{done: make(chan struct{})}
			j.round = r
			j.background.Go(func() { j.sync(r) })
		}
		j.mu.Unlock()
		select {
		case <-r.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if r.err != nil && number <= r.upTo {
			return r.err
		}
	}
}

// sync carries out a round.
func (j *Journal) sync(r *round) {
	_ = j.syncing.Take(context.Background()) // for as long as the file is replaced
	j.mu.Lock()
	file, size, upTo := j.file, j.size, j.position
	j.mu.Unlock()
	var err error
	if !j.cfg.NoSync {
		if err = j.fault("sync"); err == nil {
			err = file.Sync()
		}
		if err != nil {
			// What the disk holds now nobody knows, and asking again would not tell.
			err = j.fail(err)
		}
	}
	if err == nil {
		err = j.intact(size)
	}
	j.syncing.Release()
	j.mu.Lock()
	if err == nil {
		j.promised = max(j.promised, upTo)
	}
	j.round, r.upTo, r.err = nil, upTo, err
	j.mu.Unlock()
	close(r.done)
}

// intact looks whether the path still names the file that is open, with at least
// so many bytes, and the lock the file that is locked. The caller holds writing or
// syncing. What is wrong is reported once, and may be put right again.
func (j *Journal) intact(size int64) error {
	err := j.look(size)
	j.mu.Lock()
	news := err != nil && j.strayed == nil
	j.strayed = err
	j.mu.Unlock()
	if news {
		j.cfg.Report(err)
	}
	return err
}

func (j *Journal) look(size int64) error {
	j.mu.Lock()
	info := j.info
	j.mu.Unlock()
	there, err := os.Lstat(j.path)
	lost := err != nil || !os.SameFile(there, info)
	if !lost && j.named != j.path { // a link may have been turned elsewhere
		named, err := os.Stat(j.named)
		lost = err != nil || !os.SameFile(named, info)
	}
	lock, err := os.Lstat(j.path + ".lock")
	switch {
	case lost:
		return fmt.Errorf("journal %s: the file was removed, moved or replaced while it was in use: put it back, or start again", j.cfg.Path)
	case there.Size() < size:
		return fmt.Errorf("journal %s: the file was cut from %d to %d bytes by somebody else: start again, and what it kept is lost", j.cfg.Path, size, there.Size())
	case err != nil || !os.SameFile(lock, j.lockInfo):
		return fmt.Errorf("journal %s: the lock file %s.lock was removed or replaced, so another process may write to it: stop that, and start again", j.cfg.Path, j.path)
	}
	return nil
}
