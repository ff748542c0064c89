package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	flags: func(fs *flag.FlagSet) runner {
		alg := fs.String("alg", "", "`algorithm` of the new key; without it, that of the newest")
		bits := fs.Int("bits", 2048, "`size` of an RSA key in bits, from 2048 to 8192")
		prune := fs.Duration("prune", 0, "remove keys whose successor is older than this `duration`")
		return func(_ context.Context, e *env, args []string) (int, error) {
			dir, err := atMostOne(args)
			if err != nil || dir == "" {
				return misused, cmp.Or(err, usagef("name the directory"))
			}
			done, err := rotate(dir, *alg, *bits, *prune, e.now())
			if err != nil {
				return unknown, err
			}
			return yes, e.print(done, func(w io.Writer) {
				fmt.Fprintf(w, "%s  the new key, for %s; its kid is %s\n", done.File, done.Algorithm, done.ID)
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
	Removed   []string `json:"removed,omitempty"`
}

func rotate(dir, alg string, bits int, prune time.Duration, now time.Time) (*rotated, error) {
	ring, err := loadKeys(dir)
	if err != nil {
		return nil, err
	}
	if alg == "" {
		alg = "RS256"
		if n := len(ring); n > 0 {
			alg = ring[n-1].algorithm
			if alg == "EdDSA" {
				alg = "Ed25519"
			}
		}
	}
	if secretBytes[alg] > 0 {
		return nil, usagef("-alg %s: a directory holds keys with two halves", alg)
	}
	name := now.UTC().Format("2006-01-02T150405Z.pem")
	if n := len(ring); n > 0 && filepath.Base(ring[n-1].file) >= name {
		return nil, fmt.Errorf("%s would be newer than %s: name the keys there by date, or add one by hand", ring[n-1].file, name)
	}
	made, err := makeKey(alg, bits, "")
	if err != nil {
		return nil, err
	}
	done := &rotated{File: filepath.Join(dir, name), Algorithm: alg, ID: made.ID}
	// Written under a name that is passed over, so that nobody reads half of it.
	hidden := filepath.Join(dir, "."+name)
	if err := writeNew(hidden, made.private, 0o600); err != nil {
		return nil, err
	}
	if err := os.Link(hidden, done.File); err != nil {
		_ = os.Remove(hidden)
		return nil, err
	}
	if err := os.Remove(hidden); err != nil {
		return nil, err
	}
	if prune <= 0 {
		return done, nil
	}
	for i, k := range ring[:max(0, len(ring)-1)] {
		if ring[i+1].modified.After(now.Add(-prune)) {
			break
		}
		if err := os.Remove(k.file); err != nil {
			return done, err
		}
		done.Removed = append(done.Removed, k.file)
	}
	return done, nil
}

// keyFile is a key in a directory, the oldest first.
type keyFile struct {
	file, algorithm string
	modified        time.Time
}

func loadKeys(dir string) (all []keyFile, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		file := filepath.Join(dir, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") || entry.IsDir() || filepath.Ext(file) != ".pem" {
			continue
		}
		key, err := keys.Load(file)
		if err != nil {
			return nil, err
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		all = append(all, keyFile{file, key.Algorithms()[0], info.ModTime()})
	}
	return all, nil
}
