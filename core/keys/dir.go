package keys

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/pemkey"
)

// Dir is a ring of keys that follows the files of a directory: one key
// signs, all verify. It is a [Source] and a [Signer], and safe for concurrent
// use. Auth.KeyRoutes of core publishes it.
//
// A file whose name ends with .pem, .jwk or .json holds one key, as [Parse]
// reads it. A private key signs and verifies, a public key only verifies. Hidden
// files, directories and other names are passed over, so an editor's temporary
// files are, and the "..data" of a volume that Kubernetes mounts is followed.
//
//   - A key verifies while its file is there. Delete the file, and the tokens
//     that the key signed are refused.
//   - The order of the names is the age of the keys: 2026-11.pem is newer than
//     2026-10.pem, and key-10.pem newer than key-9.pem.
//   - The newest private key signs, one Lead after its file appeared: after it
//     was written, if it is there when the program starts, or after Reload found
//     it. Until then the one before it goes on. While none is old enough, the
//     oldest signs.
//   - Times in a name, in UTC, say otherwise. With "from-" the key signs from
//     then on, on all instances at once: k7.from-2026-12-01.pem, or
//     k7.from-2026-12-01T063000Z.pem. Such keys are newer than those without, and
//     the later the newer. With "until-" the file counts as deleted from then on:
//     k6.until-2026-12-02.pem.
//
// So a rotation is: put the new file there, wait until it has signed for as long
// as tokens live, and 5 minutes more, and delete the old file or give it an
// until- beforehand.
//
// Write a file under another name and rename it, so that nobody reads half of
// it; it loses no key if you do not.
type Dir struct {
	ring
	dir   string
	opts  []Option
	known map[[sha256.Size]byte]knownKey // by the file's content; changed under mu
	fresh []*Key                         // those that tellNew has not looked at; changed under mu
}

// knownKey is a key that was read from a file.
type knownKey struct {
	key    *Key
	settle time.Time // when it may sign, if its file's name does not say
}

var (
	_ Source    = (*Dir)(nil)
	_ Signer    = (*Dir)(nil)
	_ Describer = (*Dir)(nil)
)

// LoadDir makes a ring of the keys in a directory. The options are those of
// [Parse], and apply to every file: [WithPassphrase], for example. Call Reload
// or run Watch to follow the directory.
//
// It returns an error, naming all mistakes, each with its file, if the directory
// or a file cannot be read, a file holds no key, two hold keys of one id, a
// secret has no id, a name has a time that is none, a key is to retire before its
// tokens have expired, or there is no key at all.
func LoadDir(dir string, cfg RingConfig, opts ...Option) (*Dir, error) {
	cfg, errs := cfg.withDefaults()
	if dir == "" {
		errs.Add("", "", "the path is empty")
	}
	var o options
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if o.id != "" {
		errs.Add("", "without it, each gets its thumbprint", "keys.WithID would give all keys one id")
	}
	if len(errs) > 0 {
		return nil, wrapEach("jwtgate: keys.LoadDir: %w", errs)
	}
	d := &Dir{ring: ring{cfg: cfg, source: "key directory " + dir}, dir: dir, opts: slices.Clone(opts)}
	if _, err := d.reload(true); err != nil {
		return nil, err
	}
	d.tellNew()
	return d, nil
}

// Reload reads the directory. What it finds takes the place of the keys in one
// step; a key whose file has the content that it had, whatever its name, stays
// the same *[Key].
//
// If there is any mistake, all keys stay as they were, and Reload returns it and
// tells the [Observer]. It is also a mistake if no key could sign any more where
// one could before: put the new key there before you delete the last old one.
func (d *Dir) Reload(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	changed, err := d.reload(false)
	if changed || err != nil {
		d.observe(ctx, d.newest(), err)
	}
	d.tellNew()
	return err
}

// Watch calls Reload every sixth of Lead, 10 s by default, until ctx has ended.
// It reads the files anew each time: they are few and small, and not every
// file system tells when one has changed. A mistake is told to the [Observer]
// once, not every time. Watch blocks; run it in a goroutine of its own.
func (d *Dir) Watch(ctx context.Context) {
	if d.current() == nil {
		return
	}
	ticker := time.NewTicker(d.cfg.polling())
	defer ticker.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		changed, err := d.reload(false)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if changed || text != last {
			d.observe(ctx, d.newest(), err)
		}
		d.tellNew()
		last = text
	}
}

// tellNew tells the Observer of new keys whose files others may read.
func (d *Dir) tellNew() {
	d.mu.Lock()
	fresh := d.fresh
	d.fresh = nil
	d.mu.Unlock()
	if d.cfg.Observer == nil {
		return
	}
	for i, k := range fresh {
		if k.m.open != nil && !slices.Contains(fresh[:i], k) {
			d.cfg.Observer(context.Background(), openEvent(k))
		}
	}
}

// newest returns the key that signs, nil if none does.
func (d *Dir) newest() *Key {
	if v := d.current(); v != nil {
		return v.signer
	}
	return nil
}

// reload is Reload without the Observer. In a program that starts, the files
// have been there since they were written; later, since they were found.
func (d *Dir) reload(starting bool) (changed bool, err error) {
	before := d.current()
	if before == nil && !starting {
		return false, errZeroRing
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	files, err := readKeyDir(d.dir)
	if err != nil {
		return false, d.mistake(err)
	}
	known := make(map[[sha256.Size]byte]knownKey)
	paths := make(map[string]string) // by key id
	var p problems
	var keys []RingKey
	for _, file := range files {
		if k := (RingKey{RetireAt: file.until}); k.retired(now) {
			continue
		}
		about := "key file " + file.path
		k, ok := d.known[file.sum]
		if !ok {
			if k.key, err = d.parse(file); err != nil {
				p = append(p, err)
				continue
			}
			k.settle = now.Add(d.cfg.Lead)
			switch {
			case !starting:
			case !file.from.IsZero():
				k.settle = time.Time{} // the name says when
			case file.written.Before(now):
				k.settle = file.written.Add(d.cfg.Lead)
			}
		}
		if other := paths[k.key.ID()]; other != "" {
			p.add(about, "%s holds a key of the id %q too; remove one of them", other, k.key.ID())
			continue
		}
		paths[k.key.ID()], known[file.sum] = file.path, k
		begins := k.settle
		if file.from.After(begins) {
			begins = file.from
		}
		if k.key.CanSign() && !file.until.IsZero() && !begins.Before(file.until) {
			p.add(about, "the key would retire before it signs")
		}
		keys = append(keys, RingKey{Key: k.key, NotBefore: begins, RetireAt: file.until})
	}
	if len(p) == 0 {
		p = append(p, cutShort(keys, now, d.cfg.tail())...)
	}
	switch {
	case len(p) > 0:
	case len(keys) == 0:
		p.add("key directory "+d.dir, "there is no key in it; a key is in a file whose name ends with .pem, .jwk or .json")
	case before != nil && before.signer != nil && !slices.ContainsFunc(keys, func(k RingKey) bool { return k.Key.CanSign() }):
		p.add("key directory "+d.dir, "no key in it can sign any more; put the new private key there, and then delete the old one")
	}
	if err := p.err(); err != nil {
		return false, d.mistake(err)
	}
	for sum, k := range known {
		if _, ok := d.known[sum]; !ok {
			d.fresh = append(d.fresh, k.key)
		}
	}
	d.known = known
	if before != nil && slices.Equal(keys, before.keys) {
		return false, nil
	}
	d.replace(keys, now)
	return true, nil
}

// mistake says that the keys are what they were, if there are any.
func (d *Dir) mistake(err error) error {
	if d.known == nil {
		return err
	}
	return fmt.Errorf("%w\njwtgate: %s: the keys stay as they were", err, d.source)
}

// parse makes the key of a file.
func (d *Dir) parse(file keyFile) (*Key, error) {
	about := "key file " + file.path
	key, err := one(pemkey.Text{About: about, Path: file.path, Data: file.text, Open: file.open}, nil, d.opts)
	if err != nil {
		return nil, err
	}
	if key, err = ringKey(key); err != nil {
		return nil, fmt.Errorf("jwtgate: %s: %w", about, err)
	}
	return key, nil
}

// Facts implements [Describer]. What there is to notice the [Observer] has heard, if
// there is one.
func (d *Dir) Facts() Facts {
	f := d.ring.Facts()
	if d.cfg.Observer != nil {
		f.Notices = nil
	}
	return f
}
