package main

import (
	"context"
	"net/http"

	"github.com/coder/websocket"

	"github.com/jwtgate/jwtgate/core"
)

// coderChat is a WebSocket by github.com/coder/websocket.
func (s *service) coderChat(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocol}})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	ctx, done := s.bound(r.Context())
	defer done()
	defer atEnd(ctx, func() { // in no goroutine before
		_ = conn.Close(websocket.StatusPolicyViolation, core.WhyEnded(ctx))
	})()
	for {
		// A Read whose context ends cuts the connection without a word.
		kind, message, err := conn.Read(context.WithoutCancel(ctx))
		if err != nil {
			return
		}
		if err := conn.Write(ctx, kind, []byte(s.reply(ctx, string(message)))); err != nil {
			return
		}
	}
}
