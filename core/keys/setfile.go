package keys

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// SetFileConfig shapes [LoadSetFile]. Zero values are the defaults.
type SetFileConfig struct {
	_ [0]func() // no unkeyed literals

	// Every is how often Watch reads the file. 0: 10 seconds.
	Every time.Duration
	// Observer is told of each change of the keys, of keys that are not used, and of
	// a file that cannot be read. Nil: nobody is.
	Observer Observer
}

// SetFile is the set of the keys in a file that is replaced while the program runs,
// as a [Dir] is of a directory's. It is a [Source], and safe for concurrent use.
//
// Write the file under another name and rename it, so that nobody reads half of it;
// it loses no key if you do not.
type SetFile struct {
	path string
	cfg  SetFileConfig
	opts []Option

	set atomic.Pointer[Set]
	mu  sync.Mutex        // of a reload
	sum [sha256.Size]byte // of the text that set was read from
}

var _ Describer = (*SetFile)(nil)

// LoadSetFile is [LoadSet] of a file that is followed: call Reload, or run Watch. It
// returns the errors of [LoadSet].
func LoadSetFile(path string, cfg SetFileConfig, opts ...Option) (*SetFile, error) {
	var errs setup.Mistakes
	if cfg.Every < 0 {
		errs.Add("Every", "0 takes the default", "negative")
		return nil, wrapEach("jwtgate: keys.LoadSetFile: %w", errs)
	}
	setup.Default(&cfg.Every, 10*time.Second)
	f := &SetFile{path: path, cfg: cfg, opts: slices.Clone(opts)}
	if _, err := f.reload(); err != nil {
		return nil, err
	}
	if set := f.set.Load(); len(set.skipped) > 0 {
		f.observe(context.Background(), nil)
	}
	return f, nil
}

// Reload reads the file. What it finds takes the place of the keys in one step; a
// public key that stays in it stays the same *[Key]. If there is any mistake, or no
// usable key in it, all keys stay as they were, and Reload returns it and tells the
// [Observer].
func (f *SetFile) Reload(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	changed, err := f.reload()
	if changed || err != nil {
		f.observe(ctx, err)
	}
	return err
}

// Watch calls Reload again and again until ctx has ended. A mistake is told to the
// [Observer] once, not every time. Watch blocks; run it in a goroutine of its own.
func (f *SetFile) Watch(ctx context.Context) {
	if f.set.Load() == nil {
		return
	}
	ticker := time.NewTicker(f.cfg.Every)
	defer ticker.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		changed, err := f.reload()
		text := ""
		if err != nil {
			text = err.Error()
		}
		if changed || text != last {
			f.observe(ctx, err)
		}
		last = text
	}
}

// reload is Reload without the Observer.
func (f *SetFile) reload() (changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.set.Load()
	var p problems
	text := p.read("key set file", f.path)
	sum := sha256.Sum256(text.Data)
	if before != nil && !text.Failed && sum == f.sum {
		return false, nil
	}
	set, err := manyKeys(text, p, f.opts)
	if err != nil {
		if before != nil {
			err = fmt.Errorf("%w\njwtgate: %s: the keys stay as they were", err, f.source())
		}
		return false, err
	}
	f.sum = sum
	kept := before.keeping(set.keys)
	if before != nil && kept == before && len(set.skipped)+len(before.skipped) == 0 {
		return false, nil
	}
	f.set.Store(newSet(kept.keys, set.skipped))
	return true, nil
}

func (f *SetFile) observe(ctx context.Context, failure error) {
	if f.cfg.Observer != nil {
		f.cfg.Observer(ctx, Event{Source: f.source(), Failure: failure, Skipped: errors.Join(f.set.Load().skipped...)})
	}
}

func (f *SetFile) source() string { return "key set file " + f.path }

// Find implements [Source].
func (f *SetFile) Find(ctx context.Context, hint Hint) ([]*Key, error) {
	set := f.set.Load()
	if set == nil {
		return nil, errors.New("jwtgate: a zero SetFile; make one with keys.LoadSetFile")
	}
	return set.Find(ctx, hint)
}

// Set returns the keys as they are now.
func (f *SetFile) Set() *Set { return f.set.Load() }

// Facts implements [Describer]. Of keys that are not used the [Observer] has heard, if
// there is one.
func (f *SetFile) Facts() Facts {
	facts := f.set.Load().Facts()
	facts.Changes = true
	if f.cfg.Observer != nil {
		facts.Notices = slices.DeleteFunc(slices.Clone(facts.Notices), func(e Event) bool { return e.Source == skippedFrom })
	}
	return facts
}

// String names the file.
func (f *SetFile) String() string { return "SetFile[" + f.path + "]" }
