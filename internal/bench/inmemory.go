package main

import (
	"fmt"
	"strings"
)

// The levels. What grows has levels of its own, in grow.go.
const (
	levelDecode = "decode"
	levelMemory = "in memory"
	levelLoad   = "end to end"
)

// hmacName is the raw HMAC that stands beside other algorithms and levels, as
// the unit they are compared with.
const hmacName = "raw HMAC"

var tokenInputs = []Input{Valid, BadSignature, Expired}

// decodeGroups measure from the token to its subject.
func decodeGroups(fixtures []*fixture) ([]group, error) {
	var groups []group
	for _, f := range fixtures {
		for _, in := range tokenInputs {
			g := group{hmacCell(fixtures, Cell{Level: levelDecode, Alg: f.Alg, Input: in})}
			for _, l := range libraries {
				if err := checkLibrary(l, f); err != nil {
					return nil, err
				}
				decode, err := l.decoder(f)
				if err != nil {
					return nil, err
				}
				// A service has seen good tokens before bad ones. The copy is because no
				// request brings the very string that is in a cache.
				if _, err := decode(toText(strings.Clone(f.tokens[Valid].s))); err != nil {
					return nil, err
				}
				g = append(g, &Cell{
					Level: levelDecode, Alg: f.Alg, Input: in, Name: l.Name,
					run: decodeRuns(decode, f.tokens[in], in == Valid || l.Name == rawName),
				})
			}
			groups = append(groups, g)
		}
	}
	return groups, nil
}

func decodeRuns(decode decode, token text, accept bool) func(int) error {
	return func(n int) error {
		for range n {
			if _, err := decode(token); (err == nil) != accept {
				return fmt.Errorf("accepted: %t, want %t (%v)", err == nil, accept, err)
			}
		}
		return nil
	}
}

// hmacCell is the raw HMAC over the HS256 token, as a cell like the given one.
func hmacCell(fixtures []*fixture, like Cell) *Cell {
	like.Name = hmacName
	verify, err := rawVerifier(fixtures[0].verify, fixtures[0].raw)
	if err != nil {
		panic(err) // the first one is HS256
	}
	message := fixtures[0].message
	like.run = func(n int) error {
		for range n {
			if !verify(message) {
				return errSignature
			}
		}
		return nil
	}
	return &like
}

// memoryGroups measure whole requests through the frameworks, without a socket.
func memoryGroups(fixtures []*fixture) ([]group, error) {
	type place struct {
		framework, alg string
		in             Input
	}
	var places []place
	groups := map[place]group{}
	for _, c := range contestants() {
		if err := checkContestant(c, fixtures); err != nil {
			return nil, err
		}
		a, err := c.build(fixtures)
		if err != nil {
			return nil, err
		}
		for i, f := range fixtures {
			good, err := a.exchange(f.path(), f.authorization(Valid))
			if err != nil {
				return nil, err
			}
			good() // as at decode level
			for _, in := range []Input{Valid, BadSignature, Expired, Missing} {
				if in == Missing && i > 0 || c.Name == floorName && in != Valid || c.Name == refusalName && in == Valid {
					continue // no algorithm without a token; nothing to compare with
				}
				send, err := a.exchange(f.path(), f.authorization(in))
				if err != nil {
					return nil, err
				}
				p := place{c.Framework, f.Alg, in}
				cell := Cell{Level: levelMemory, Framework: c.Framework, Alg: f.Alg, Input: in}
				if groups[p] == nil {
					places = append(places, p)
					groups[p] = group{hmacCell(fixtures, cell)}
				}
				cell.Name, cell.run = c.Name, sendRuns(c, in, send)
				groups[p] = append(groups[p], &cell)
			}
		}
	}
	var all []group
	for _, p := range places {
		all = append(all, groups[p])
	}
	return all, nil
}

func sendRuns(c contestant, in Input, send func() int) func(int) error {
	return func(n int) error {
		for range n {
			if status := send(); !c.expects(in, status) {
				return fmt.Errorf("answered %d", status)
			}
		}
		return nil
	}
}
