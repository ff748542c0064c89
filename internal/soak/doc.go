// Package soak holds sessions to their word under load: its test serves all
// frameworks over sockets with one Auth and one sessions.MemoryStore, and lets clients log
// in, call, refresh, list and log out at random for a while. A checker knows what
// each answer may be and counts the wrong ones. It has no code of its own.
//
// It takes a second or two, or as long as JWTGATE_SOAK says:
//
//	JWTGATE_SOAK=60s go test -count=1 -v -run='^TestSoak$' ./internal/soak
package soak
