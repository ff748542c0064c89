package journal

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Open opens or makes a journal, applies every record in it, and writes it anew
// with what State says then. Until that is done nothing is changed, so a file that
// is no journal of this kind, or a broken one, stays as it is. A tail whose end a
// crash has torn off is no error; it is reported.
func Open(cfg Config) (_ *Journal, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("journal %s: %w", cfg.Path, err)
		}
	}()
	j := &Journal{cfg: cfg, slack: slack, writing: NewLock(), syncing: NewLock()}
	if j.cfg.Report == nil {
		j.cfg.Report = func(error) {}
	}
	if j.named, err = filepath.Abs(cfg.Path); err != nil {
		return nil, err
	}
	if j.path, err = resolve(j.named); err != nil {
		return nil, err
	}
	if j.lock, err = openLock(j.path + ".lock"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = j.release()
		}
	}()
	if j.lockInfo, err = j.lock.Stat(); err != nil {
		return nil, err
	}
	if err := j.load(); err != nil {
		return nil, err
	}
	if cfg.Loaded != nil {
		cfg.Loaded()
	}
	var salt [8]byte
	_, _ = rand.Read(salt[:]) // never fails
	j.setHead(binary.LittleEndian.Uint64(salt[:]))
	j.closing, j.cancel = context.WithCancel(context.Background())
	return j, j.replace(j.size)
}

// load reads the file, if there is one, and keeps it open: as long as it is,
// nobody else gets it, whatever becomes of the lock file.
func (j *Journal) load() error {
	info, err := os.Lstat(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no file but %v", info.Mode().Type())
	}
	if err != nil {
		return err
	}
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|noFollow, 0); err != nil {
		return err
	}
	if err := lockFile(j.file); err != nil {
		return err
	}
	if j.info, err = j.file.Stat(); err != nil {
		return err
	}
	if !os.SameFile(info, j.info) {
		return errors.New("it was replaced at this moment; try again")
	}
	j.size = j.info.Size()
	return j.read(j.file, j.size)
}

// resolve follows links once and for all: a file that takes the place of another
// must take that of what a link names, not the link's. The file need not be there.
func resolve(path string) (string, error) {
	for range 40 {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, filepath.Base(path))
		target, err := os.Readlink(path)
		if err != nil { // no link
			return path, nil
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		path = target
	}
	return "", errors.New("it is a link to a link, forty times over")
}

// openLock makes and locks the file that keeps other processes away, also while
// there is no journal yet.
func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
