package core

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxKeyFileBytes is far above any key and far below what hurts: a path that
// turns out to be a log or a device is not read to its end.
const maxKeyFileBytes = 1 << 20

// keyText is a text that should hold a key.
type keyText struct {
	about  string // how errors call it
	path   string // "" if it is not a file
	data   []byte
	failed bool // it could not be read, and the problem is noted
}

// errPathIsPEM keeps a private key given as a path out of the error text, where
// package os would quote it.
var errPathIsPEM = errors.New("this is the text of a key, not a path; use ParseKey or ParseKeyPair")

func readKeyFile(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("the path is empty")
	}
	if strings.Contains(path, "-----BEGIN") || strings.ContainsAny(path, "\r\n") {
		return nil, errPathIsPEM
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxKeyFileBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes; this is no key", path, maxKeyFileBytes)
	}
	return data, nil
}

// file names the text in a command.
func (t keyText) file() string {
	if t.path == "" {
		return "key.pem"
	}
	return t.path
}

// isJSON reports whether the text begins as a JSON object does.
func (t keyText) isJSON() bool {
	return bytes.HasPrefix(bytes.TrimLeft(t.data, " \t\r\n"), []byte("{"))
}
