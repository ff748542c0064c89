// Package explain says step by step why a token is accepted or refused: what was
// looked at and found right, where it ended, what was wanted there, and how to mend it.
//
// The judgement is that of [core]: Event puts into steps what a gate said, and Token
// asks the gate's own decoder. So it never says otherwise than a gate.
//
// In development, let it write into the log:
//
//	auth, err := core.New(core.Config[*User]{
//		Observer: explain.Observer(slog.Default()),
//		…
//	})
//
// What it writes there names steps, kinds and configured values, and nothing of a
// token. Token, which the command jwtgate verify
// calls, also shows what stands in the token, and is for your own eyes.
package explain
