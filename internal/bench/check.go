package main

import "fmt"

// checkLibrary says what is wrong with a library before it is measured: it must
// accept the valid token, with its subject, and refuse the others.
func checkLibrary(l library, f *fixture) error {
	decode, err := l.decoder(f)
	if err != nil {
		return err
	}
	if l.Name == rawName {
		return checkRaw(f)
	}
	for range 3 { // also a second time, from a cache
		got, err := decode(f.tokens[Valid])
		if err != nil || got != subject {
			return fmt.Errorf("%s, %s: the valid token gives %q, %v", l.Name, f.Alg, got, err)
		}
		for _, in := range []Input{BadSignature, Expired, Missing} {
			if _, err := decode(f.tokens[in]); err == nil {
				return fmt.Errorf("%s, %s: it accepts a token that is %s", l.Name, f.Alg, in)
			}
		}
	}
	return nil
}

func checkRaw(f *fixture) error {
	verify, err := rawVerifier(f.verify, f.raw)
	if err != nil {
		return err
	}
	if !verify(f.message) || verify(append([]byte("x"), f.message...)) {
		return fmt.Errorf("raw %s does not verify", f.Alg)
	}
	return nil
}

// checkContestant does the same through the framework: 200 for the valid token,
// 401 for the others, or the 400 that some give for a missing one.
func checkContestant(c contestant, fixtures []*fixture) error {
	a, err := c.build(fixtures)
	if err != nil {
		return err
	}
	for _, f := range fixtures {
		for _, in := range []Input{Valid, BadSignature, Expired, Missing, Valid} {
			send, err := a.exchange(f.path(), f.authorization(in))
			if err != nil {
				return err
			}
			for range 3 {
				if got := send(); !c.expects(in, got) {
					return fmt.Errorf("%s, %s, %s: a %s token is answered %d", c.Framework, c.Name, f.Alg, in, got)
				}
			}
		}
	}
	return nil
}

// expects reports whether status is an answer to an input.
func (c contestant) expects(in Input, status int) bool {
	switch {
	case c.Name == refusalName || c.Name == floorName && in == Missing:
		return status == 401
	case in == Valid || !c.verifies():
		return status == 200
	case in == Missing && !c.ours():
		return status == 401 || status == 400
	}
	return status == 401
}
