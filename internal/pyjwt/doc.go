// Package pyjwt shows that our tokens and those of Python's PyJWT are the same
// tokens: each side takes what the other signed, and refuses what it refuses. It
// has no code of its own.
//
// Its tests ask testdata/pyjwt.py, which works with PyJWT. What that answered is
// recorded in testdata/recorded.json, so the tests need no Python: HS256 and
// RS256 sign the same bytes alike each time, and the clock stands still. With
// JWTGATE_PYTHON, the name of a Python that has PyJWT and cryptography, they ask
// it instead, and make one more round trip with a new key and the clock of the
// machine:
//
//	JWTGATE_PYTHON=/usr/bin/python3 go test ./internal/pyjwt
//
// With -update as well, its answers are recorded anew.
package pyjwt
