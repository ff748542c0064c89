package main

import (
	"bufio"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
)

var fastUpgrader = websocket.FastHTTPUpgrader{Subprotocols: []string{protocol}}

// fiberv3 is the service on Fiber v3.
func (s *service) fiberv3() *fiber.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, ReadTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute})
	fiberv3jwt.Mount(app, s.routes()...)
	app.Get("/events", fiberv3jwt.Require(s.auth), s.fiberv3Events)
	app.Get("/chat", fiberv3jwt.Require(s.sockets), s.fiberv3Chat)
	app.Get("/chat/ticket", fiberv3jwt.Require(s.tickets), s.fiberv3Chat)
	return app
}

// fiberv3Chat is a WebSocket by github.com/fasthttp/websocket. What Upgrade is given runs
// when c is the next request's already, so the gate's context is taken out of it before.
func (s *service) fiberv3Chat(c fiber.Ctx) error {
	gate := c.Context()
	return fastUpgrader.Upgrade(c.RequestCtx(), func(conn *websocket.Conn) {
		defer conn.Close()
		ctx, done := s.bound(gate)
		defer done()
		defer atEnd(ctx, func() { // in no goroutine before
			reason := websocket.FormatCloseMessage(websocket.ClosePolicyViolation, core.WhyEnded(ctx))
			_ = conn.WriteControl(websocket.CloseMessage, reason, time.Now().Add(time.Second)) // may run beside all else
			_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))                          // for the client's own close
		})()
		_ = conn.SetReadDeadline(time.Time{}) // that of the server is for requests
		for {
			kind, message, err := conn.ReadMessage()
			if err != nil {
				return
			}
			if err := conn.WriteMessage(kind, []byte(s.reply(ctx, string(message)))); err != nil {
				return
			}
		}
	})
}

// fiberv3Events is an event stream that ends with its token or its session. It is written when the
// handler has returned, so it is not the handler's to call done.
func (s *service) fiberv3Events(c fiber.Ctx) error {
	ctx, done := s.bound(c.Context())
	c.Set("Content-Type", "text/event-stream")
	c.Set("Cache-Control", "no-store")
	return c.SendStreamWriter(func(w *bufio.Writer) {
		defer done()
		s.stream(ctx, w, w.Flush)
	})
}
