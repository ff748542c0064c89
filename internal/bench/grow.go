package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	golangjwt "github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// The levels of what grows: one axis each.
const (
	levelSize  = "token size"
	levelKeys  = "keys in the set"
	levelCache = "cached tokens"
	levelCores = "cores"
)

// sizeGroups: HS256 tokens of 0.5, 2 and 8 KiB.
func sizeGroups(f *fixture) ([]group, error) {
	var groups []group
	for _, size := range []int{512, 2048, 8192} {
		grown := *f
		token := f.padded(size, "1")
		grown.tokens = map[Input]text{Valid: toText(token)}
		dot := len(token) - 44
		grown.message = []byte(token[:dot])
		verify, err := rawVerifier(f.verify, signature(grown.message, f.sign))
		if err != nil {
			return nil, err
		}
		at := strconv.FormatFloat(float64(size)/1024, 'g', -1, 64) + " KiB"
		g := group{{Level: levelSize, Alg: f.Alg, Input: Valid, At: at, Name: hmacName, run: func(n int) error {
			for range n {
				if !verify(grown.message) {
					return errSignature
				}
			}
			return nil
		}}}
		for _, l := range libraries {
			if l.Name != oursName && l.Name != cachedName && l.Name != "golang-jwt" && l.Name != "kataras/jwt" {
				continue
			}
			decode, err := l.decoder(&grown)
			if err == nil {
				_, err = decode(toText(strings.Clone(token)))
			}
			if err != nil {
				return nil, err
			}
			g = append(g, &Cell{Level: levelSize, Alg: f.Alg, Input: Valid, At: at, Name: l.Name,
				run: decodeRuns(decode, grown.tokens[Valid], true)})
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// keyGroups: EdDSA keys with an id each. A token names the last one, or it names
// none and is signed by nobody's key, which is what an attacker sends to have
// all keys tried.
func keyGroups(most int) ([]group, error) {
	now := time.Now()
	claims := claimsAt(now, now.Add(24*time.Hour))
	rules := core.ClaimRules{Issuer: issuer, Audience: []string{audience}}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	var groups []group
	for _, count := range []int{1, 10, 1000} {
		if count > most {
			break
		}
		var list []*keys.Key
		byID := map[string]any{}
		all := golangjwt.VerificationKeySet{}
		var last ed25519.PrivateKey
		var id string
		for i := range count {
			public, private, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return nil, err
			}
			id, last = fmt.Sprintf("key-%d", i+1), private
			key, err := keys.New(public, keys.WithID(id))
			if err != nil {
				return nil, err
			}
			list = append(list, key)
			byID[id] = public
			all.Keys = append(all.Keys, public)
		}
		set, err := keys.NewSet(list...)
		if err != nil {
			return nil, err
		}
		named := toText(signed("EdDSA", id, claims, last))
		foreign := toText(signed("EdDSA", "", claims, stranger))
		cached := rules
		cached.CacheTokens = 1024
		parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{"EdDSA"}))
		peer := func(keyfunc golangjwt.Keyfunc) decode {
			return func(t text) (string, error) {
				_, err := parser.Parse(t.s, keyfunc)
				return "", err
			}
		}
		cell := func(in Input, name string, d decode, token text) *Cell {
			_, _ = d(toText(strings.Clone(token.s)))
			return &Cell{Level: levelKeys, Alg: "EdDSA", Input: in, At: strconv.Itoa(count), Name: name, run: decodeRuns(d, token, in == Valid)}
		}
		groups = append(groups, group{
			cell(Valid, oursName, ourDecoder(set, rules), named),
			cell(Valid, cachedName, ourDecoder(set, cached), named),
			cell(Valid, "golang-jwt, map of keys", peer(func(t *golangjwt.Token) (any, error) {
				kid, _ := t.Header["kid"].(string)
				return byID[kid], nil
			}), named),
			cell(BadSignature, oursName+", no kid", ourDecoder(set, rules), foreign),
			cell(BadSignature, "golang-jwt, no kid, all keys", peer(func(*golangjwt.Token) (any, error) { return all, nil }), foreign),
		})
	}
	return groups, nil
}

// cacheGroups: how long a hit takes among so many cached tokens, asked for in an
// order that no prefetcher guesses. The bound is twice the number, and the note
// says how many of the tokens found a place: only these are asked for.
func cacheGroups(f *fixture, most int) []group {
	var groups []group
	for _, count := range []int{1, 1_000, 100_000, 1_000_000} {
		if count > most {
			break
		}
		full := fillCache(f, 2*count, count)
		tokens := make([]string, len(full.kept))
		for i, t := range full.kept {
			tokens[i] = strings.Clone(t) // no request brings the very string that is in the cache
		}
		next := 0
		step := 1 // coprime to most lengths, and far from the neighbour
		if len(tokens) > 2 {
			step = len(tokens)/2 + len(tokens)/7 | 1
		}
		groups = append(groups, group{&Cell{
			Level: levelCache, Alg: f.Alg, Input: Valid, At: strconv.Itoa(count), Name: cachedName, noGC: count > 10_000,
			Note: fmt.Sprintf("%d of %d tokens kept by a cache of %d", len(tokens), count, 2*count),
			run: func(n int) error {
				for range n {
					if _, err := full.decode(context.Background(), tokens[next]); err != nil {
						return err
					}
					if next += step; next >= len(tokens) {
						next -= len(tokens)
					}
				}
				return nil
			},
		}})
	}
	return groups
}

// coreCells: the same work from as many goroutines as cores. Their figure is
// CPU time for each token, so it stays level if nobody waits for anybody; the
// note says how much faster the clock on the wall saw them.
func coreCells(f *fixture, sample time.Duration, rounds int) ([]*Cell, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	counts := []int{1, 2}[:min(2, runtime.NumCPU())]
	var cells []*Cell
	walls := map[*Cell][]float64{}
	for _, cores := range counts {
		for _, l := range libraries {
			if l.Name != oursName && l.Name != cachedName && l.Name != "golang-jwt" {
				continue
			}
			decode, err := l.decoder(f)
			if err != nil {
				return nil, err
			}
			if _, err := decode(toText(strings.Clone(f.tokens[Valid].s))); err != nil {
				return nil, err
			}
			run := decodeRuns(decode, f.tokens[Valid], true)
			c := &Cell{Level: levelCores, Alg: f.Alg, Input: Valid, At: strconv.Itoa(cores), Name: l.Name}
			c.run = func(n int) error { return parallel(cores, n, run) }
			runtime.GOMAXPROCS(cores)
			if err := c.calibrate(sample); err != nil {
				return nil, err
			}
			cells = append(cells, c)
		}
	}
	for range rounds {
		for _, c := range cells {
			cores, err := strconv.Atoi(c.At)
			if err != nil {
				return nil, err
			}
			runtime.GOMAXPROCS(cores)
			start := time.Now()
			if err := c.sample(); err != nil {
				return nil, err
			}
			walls[c] = append(walls[c], float64(time.Since(start))/float64(c.n))
		}
	}
	for i, c := range cells[len(cells)/len(counts):] {
		times := quantile(walls[cells[i]], 0.5) / quantile(walls[c], 0.5)
		c.Note = fmt.Sprintf("%.2f times as many tokens a second as with one core", times)
	}
	return cells, nil
}

// parallel shares n runs among goroutines.
func parallel(goroutines, n int, run func(int) error) error {
	errs := make([]error, goroutines)
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() { errs[i] = run((n + i) / goroutines) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
