package jws

const (
	// MaxCandidates and maxWork bound the signature checks that one token can cost:
	// in number, and in the work of a check, an RSA one of 2048 bits being 1.
	MaxCandidates = 8
	maxWork       = 64
)

// Budget counts the signature checks that one token has cost so far.
type Budget struct{ number, work int }

// Another reports whether the token may cost a check of so much work too. One
// check it may cost in any case.
func (b *Budget) Another(work int) bool {
	b.number++
	b.work += work
	return b.number == 1 || b.number <= MaxCandidates && b.work <= maxWork
}
