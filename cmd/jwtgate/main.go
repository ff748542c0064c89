// Command jwtgate makes keys and tokens for development, and says in plain words why
// a token is accepted or refused.
//
//	go install github.com/jwtgate/jwtgate/cmd/jwtgate@latest
//	jwtgate help
//
// Its exit status is 0 for done and for yes, 1 for no, 2 for a call that is wrong, and
// 3 if it could not find out, as when a provider is out of reach.
package main

import (
	"context"
	"os"
	"time"
)

func main() {
	// Signals end it as they end any program; serve alone has something to finish.
	os.Exit(run(context.Background(), &env{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		environ: os.Environ(), now: time.Now,
	}, os.Args[1:]))
}
