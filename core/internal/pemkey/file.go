package pemkey

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// maxKeyFileBytes is far above any key and far below what hurts: a path that
// turns out to be a log or a device is not read to its end.
const maxKeyFileBytes = 1 << 20

// Text is a text that should hold a key.
type Text struct {
	About  string // how errors call it
	Path   string // "" if it is not a file
	Data   []byte
	Open   error // what is wrong with who may read the file; nil: nothing
	Failed bool  // it could not be read, and the problem is noted
}

// openFile says that others than the file's owner and group may read or change it.
// On Windows the mode says nothing about that.
func openFile(path string, mode fs.FileMode) error {
	const others = 0o006
	if mode.Perm()&others == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return fmt.Errorf("the file %s holds what signs, and its mode is %04o: every user of the machine can read or change it; say: chmod 600", path, mode.Perm())
}

// errPathIsPEM keeps a private key given as a path out of the error text, where
// Package os would quote it.
var errPathIsPEM = errors.New("this is the text of a key, not a path; use keys.Parse or keys.ParsePair")

// ReadFile reads a file for a key. Open is what is wrong with who may read it.
func ReadFile(path string) (data []byte, open, err error) {
	if path == "" {
		return nil, nil, errors.New("the path is empty")
	}
	if strings.Contains(path, "-----BEGIN") || strings.ContainsAny(path, "\r\n") {
		return nil, nil, errPathIsPEM
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil {
		open = openFile(path, info.Mode())
	}
	data, err = io.ReadAll(io.LimitReader(f, maxKeyFileBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxKeyFileBytes {
		return nil, nil, fmt.Errorf("%s is larger than %d bytes; this is no key", path, maxKeyFileBytes)
	}
	return data, open, nil
}

// File names the text in a command.
func (t Text) File() string {
	if t.Path == "" {
		return "key.pem"
	}
	return t.Path
}

// IsJSON reports whether the text begins as a JSON object or array does.
func (t Text) IsJSON() bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(t.Data, []byte("\ufeff")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("["))
}
