package keys

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/pemkey"
)

// keyFile is a file of a directory of keys.
type keyFile struct {
	path        string // as shown in errors
	name        string // without the directory and the ending
	from, until time.Time
	written     time.Time
	text        []byte
	open        error             // what is wrong with who may read it
	sum         [sha256.Size]byte // of the text
}

// readKeyDir reads all key files of a directory, the oldest key first.
func readKeyDir(dir string) ([]keyFile, error) {
	var files []keyFile
	var err error
	// Between its listing and its reading a file may be renamed or deleted.
	for range 3 {
		if files, err = readKeyFiles(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	slices.SortFunc(files, func(a, b keyFile) int {
		return cmp.Or(a.from.Compare(b.from), compareNames(a.name, b.name))
	})
	return files, err
}

func readKeyFiles(dir string) ([]keyFile, error) {
	var p problems
	in := dir
	// Kubernetes changes a mounted volume by making "..data" the link to another
	// directory. Going through it once shows all files before or all after.
	if data, err := filepath.EvalSymlinks(filepath.Join(dir, "..data")); err == nil {
		in = data
	}
	entries, err := os.ReadDir(in)
	if err != nil {
		p.add("key directory", "%w", err) // which names it
		return nil, p.err()
	}
	var files []keyFile
	for _, entry := range entries {
		name := entry.Name()
		ending := filepath.Ext(name)
		if strings.HasPrefix(name, ".") || !slices.Contains([]string{".pem", ".jwk", ".json"}, strings.ToLower(ending)) {
			continue
		}
		file := keyFile{path: filepath.Join(dir, name), name: strings.TrimSuffix(name, ending)}
		path := filepath.Join(in, name)
		info, err := os.Stat(path) // not the entry's, which may be a link
		if err == nil && info.IsDir() {
			continue
		}
		about := "key file " + file.path
		switch {
		case err != nil:
		case !info.Mode().IsRegular():
			err = errors.New("it is no file") // reading a pipe would wait for ever
		default:
			file.text, file.open, err = pemkey.ReadFile(path)
		}
		if err == nil {
			err = file.times()
		}
		if err != nil {
			p.add(about, "%w", err)
			continue
		}
		file.written, file.sum = info.ModTime().Round(0), sha256.Sum256(file.text)
		files = append(files, file)
	}
	return files, p.err()
}

// times reads the times in the file's name.
func (f *keyFile) times() error {
	for _, part := range strings.Split(f.name, ".") {
		for _, bound := range []struct {
			word string
			at   *time.Time
		}{{"from-", &f.from}, {"until-", &f.until}} {
			text, ok := strings.CutPrefix(part, bound.word)
			if !ok {
				continue
			}
			at, ok := parseStamp(text)
			if !ok || !bound.at.IsZero() {
				return fmt.Errorf("%q in its name is no time, or there are two; write one, as %s2026-12-01 or %s2026-12-01T063000Z (UTC)",
					part, bound.word, bound.word)
			}
			*bound.at = at
		}
	}
	return nil
}

// parseStamp reads a day, or a time as stamp writes it.
func parseStamp(text string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02", stampLayout} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// compareNames orders names as people do: digits count as the number they write.
func compareNames(a, b string) int {
	for x, y := a, b; ; {
		if x == "" || y == "" {
			return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
		}
		m, n := digits(x), digits(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		// Without leading zeros the longer number is the larger one.
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
}

// digits returns how many digits s begins with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
