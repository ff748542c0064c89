// A program that would let jwttest.As in, as no program may.
package main

import (
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

func main() {
	jwttest.Accept(&testing.T{}, core.Must(core.Config[string]{Keys: jwttest.Secret()}))
}
