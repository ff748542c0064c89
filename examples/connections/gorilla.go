package main

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/jwtgate/jwtgate/core"
)

var upgrader = websocket.Upgrader{Subprotocols: []string{protocol}}

// gorillaChat is a WebSocket by github.com/gorilla/websocket.
func (s *service) gorillaChat(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer conn.Close()
	ctx, done := s.bound(r.Context())
	defer done()
	defer atEnd(ctx, func() { // in no goroutine before
		reason := websocket.FormatCloseMessage(websocket.ClosePolicyViolation, core.WhyEnded(ctx))
		_ = conn.WriteControl(websocket.CloseMessage, reason, time.Now().Add(time.Second)) // may run beside all else
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))                          // for the client's own close
	})()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := conn.WriteMessage(kind, []byte(s.reply(ctx, string(message)))); err != nil {
			return
		}
	}
}
