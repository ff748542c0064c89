package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
)

var keysRotate = command{
	name:  "keys rotate",
	args:  "DIR",
	short: "put a new key into a directory that servers follow",
	long: `DIR is what keys.LoadDir and JWT_KEY_DIR follow. The new key is named after the
day and the second, so it is the newest, and signs one minute after its file is
seen (RingConfig.Lead); until then every server comes to know it. The keys before it
go on verifying: remove them, with -prune, once the tokens they signed have expired.`,
	flags: func(set *flag.FlagSet) runner {
		alg := set.String("alg", "", "`algorithm` of the new key; without it, what the newest is by its file")
		bits := set.Int("bits", 2048, "`size` of an RSA key in bits, from 2048 to 8192")
		prune := set.Duration("prune", 0, "remove keys whose successor signs since longer than this `duration`")
		return func(_ context.Context, e *env, args []string) (int, error) {
			dir, err := atMostOne(args)
			if err != nil || dir == "" {
				return misused, cmp.Or(err, usagef("name the directory"))
			}
			if *prune < 0 {
				return misused, usagef("-prune %v: want how long tokens live, as 24h", *prune)
			}
			done, err := rotate(dir, *alg, *bits, *prune, e.now())
			if err != nil {
				return unknown, err
			}
			return yes, e.print(done, func(w io.Writer) {
				fmt.Fprintf(w, "%s  the new key, for %s; its kid is %s\n", done.File, done.Algorithm, done.ID)
				tellSetting(w, done.Setting)
				for _, file := range done.Removed {
					fmt.Fprintf(w, "%s  removed: its successor signs since more than %v\n", file, *prune)
				}
			})
		}
	},
}

// rotated is what has been done to a directory.
type rotated struct {
	File      string   `json:"file"`
	Algorithm string   `json:"algorithm"`
	ID        string   `json:"kid"`
	Setting   string   `json:"setting,omitempty"`
	Removed   []string `json:"removed,omitempty"`
}

func rotate(dir, alg string, bits int, prune time.Duration, now time.Time) (*rotated, error) {
	before, err := ringOf(dir, now)
	if err != nil {
		return nil, err
	}
	if alg == "" {
		alg = "RS256"
		if n := len(before); n > 0 {
			alg = before[n-1].Key.Algorithms()[0]
		}
	}
	if secretBytes[alg] > 0 {
		return nil, usagef("-alg %s: a directory holds keys with two halves", alg)
	}
	made, err := makeKey(alg, bits, "")
	if err != nil {
		return nil, err
	}
	name := now.UTC().Format("2006-01-02T150405Z.pem")
	done := &rotated{File: filepath.Join(dir, name), Algorithm: alg, ID: made.ID, Setting: made.Setting}
	if err := place(done.File, made.private); err != nil {
		return nil, err
	}
	if err := isNewest(dir, made.ID, now); err != nil { // no server would sign with it
		return nil, errors.Join(err, os.Remove(done.File))
	}
	if prune == 0 || len(before) == 0 {
		return done, nil
	}
	files := filesOf(dir)
	for i, k := range before[:len(before)-1] {
		if before[i+1].NotBefore.After(now.Add(-prune)) {
			break
		}
		file := files[k.Key.ID()]
		if err := os.Remove(file); err != nil {
			return done, err
		}
		done.Removed = append(done.Removed, file)
	}
	return done, nil
}

// place writes the file under a name that is passed over first, so that nobody reads
// half of it.
func place(file string, text []byte) error {
	dir, name := filepath.Split(file)
	hidden := filepath.Join(dir, "."+name)
	if err := writeNew(hidden, text, 0o600); err != nil {
		return err
	}
	err := os.Link(hidden, file)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%s is there already; wait a second", file)
	}
	return errors.Join(err, os.Remove(hidden))
}

// isNewest asks whether servers take the key for the newest.
func isNewest(dir, id string, now time.Time) error {
	ring, err := ringOf(dir, now)
	if err != nil {
		return err
	}
	if last := ring[len(ring)-1].Key.ID(); last != id {
		return fmt.Errorf("%s would be newer: name the keys there by date, or add one by hand", filesOf(dir)[last])
	}
	return nil
}

// ringOf are the keys in the directory as servers take them, the oldest first, with the
// times from which they sign there; none of a directory that has none yet.
func ringOf(dir string, now time.Time) ([]keys.RingKey, error) {
	paths, err := keyPaths(dir)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	d, err := keys.LoadDir(dir, keys.RingConfig{Now: func() time.Time { return now }})
	if err != nil {
		return nil, err
	}
	return d.Keys(), nil
}

// filesOf are the files of a directory that could be read, by the ids of their keys.
func filesOf(dir string) map[string]string {
	files := map[string]string{}
	paths, _ := keyPaths(dir)
	for _, path := range paths {
		if key, err := keys.Load(path); err == nil {
			files[key.ID()] = path
		}
	}
	return files
}

// keyPaths are the files that keys.LoadDir looks at.
func keyPaths(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, ".") && slices.Contains([]string{".pem", ".jwk", ".json"}, strings.ToLower(filepath.Ext(name))) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths, err
}
