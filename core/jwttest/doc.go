// Package jwttest is for the tests of programs that use jwtgate: tokens to send,
// an [Auth] that identifies every request as whom the test wants, a clock that
// stands still, and a record of what an Observer saw. [As] gives each request an
// identity of its own, on all frameworks.
//
// What stands in the context of a tested handler was put there by the gate of a real
// Auth, whose steps are stubs, or which took the word of [As] for them: its guards decide.
package jwttest
