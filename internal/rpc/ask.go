package rpc

import (
	"context"

	"github.com/jwtgate/jwtgate/core"
)

// Ask asks the gate in a goroutine of its own, because a step may end its goroutine
// (runtime.Goexit), and a server would leave the client without the end of an answer,
// where the code stands.
func Ask(gate core.Gate, r core.Request) (context.Context, core.Response, bool) {
	type decision struct {
		ctx      context.Context
		res      core.Response
		ok       bool
		panicked any
	}
	decided := make(chan decision, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil { // of a gate that is not ours
				decided <- decision{panicked: p}
			}
		}()
		ctx, res, ok := gate.Decide(r, func(res core.Response) { decided <- decision{res: res} })
		decided <- decision{ctx, res, ok, nil}
	}()
	d := <-decided
	if d.panicked != nil {
		panic(d.panicked)
	}
	return d.ctx, d.res, d.ok
}
