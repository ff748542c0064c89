package main

import (
	"errors"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

func testFixtures(t *testing.T) []*fixture {
	t.Helper()
	ring, err := newKeyring()
	if err != nil {
		t.Fatal(err)
	}
	fixtures, err := ring.fixtures()
	if err != nil {
		t.Fatal(err)
	}
	return fixtures
}

// A library that does not verify would win every comparison.
func TestLibrariesVerify(t *testing.T) {
	for _, f := range testFixtures(t) {
		for _, l := range libraries {
			t.Run(f.Alg+"/"+l.Name, func(t *testing.T) {
				if err := checkLibrary(l, f); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestMiddlewareVerifies(t *testing.T) {
	fixtures := testFixtures(t)
	for _, c := range contestants() {
		t.Run(c.Framework+"/"+c.Name, func(t *testing.T) {
			if err := checkContestant(c, fixtures); err != nil {
				t.Error(err)
			}
		})
	}
}

// The check must be able to fail.
func TestCheckSeesAnOpenDoor(t *testing.T) {
	fixtures := testFixtures(t)
	open := nethttpContestants[0]
	open.Name = "open door"
	if err := checkContestant(open, fixtures); err == nil {
		t.Error("a bare handler passes for middleware that verifies")
	}
	blind := library{Name: "blind", decoder: func(f *fixture) (decode, error) {
		return func(text) (string, error) { return subject, nil }, nil
	}}
	if err := checkLibrary(blind, fixtures[0]); err == nil {
		t.Error("a decoder that accepts everything passes for one that verifies")
	}
}

// The bare 401 is compared with ours byte by byte.
func TestBareRefusalIsOurs(t *testing.T) {
	fixtures := testFixtures(t)
	for _, framework := range []string{"net/http", "gin", "echo", "fiber"} {
		var answers []string
		for _, c := range contestants() {
			if c.Framework != framework || c.Name != refusalName && c.Name != oursName {
				continue
			}
			a, err := c.build(fixtures)
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, overSocket(t, a, requestBytes("/HS256", "")))
		}
		if len(answers) != 2 || answers[0] != answers[1] {
			t.Errorf("%s: the bare 401 and ours differ:\n%q", framework, answers)
		}
	}
}

func TestSpoiledTokenIsCanonical(t *testing.T) {
	for _, f := range testFixtures(t) {
		for _, in := range []Input{Valid, Expired, BadSignature} {
			if got := subjectOf(f.tokens[in].s); got != subject {
				t.Errorf("%s, %s: subject %q", f.Alg, in, got)
			}
		}
		// Refused for the signature, and not for how it is written.
		if _, err := ourDecoder(f.key, f.claims)(f.tokens[BadSignature]); !errors.Is(err, core.BadSignature) {
			t.Errorf("%s: a spoiled token gives %v", f.Alg, err)
		}
	}
}
