// Package keep makes what outlives its request a copy of just what is needed.
package keep

import (
	"strings"
)

// String is a text that outlives its request, in memory of its own. A string of a
// request is a piece of something larger: a token of its header field, a name of the
// login's body with the password in it. Whoever keeps the piece keeps all of it, so
// everything that core keeps passes here. ARCHITECTURE.md lists what that is.
func String(s string) string { return strings.Clone(s) }

// Part is a text that others may keep: a credential, a claim. It is a piece of
// whole, and passes as it is where whoever keeps it keeps little else, which is the
// usual case and costs nothing.
func Part(s, whole string) string {
	if len(whole) > len(s)+maxBeside {
		return String(s)
	}
	return s
}

// maxBeside is how much more than the text itself a text that was handed out may
// hold in memory, in bytes.
const maxBeside = 1 << 10
