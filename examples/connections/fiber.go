package main

import (
	"bufio"
	"context"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberjwt"
)

// fiber is the service on Fiber v2.
func (s *service) fiber() *fiber.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, ReadTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute, DisableStartupMessage: true})
	fiberjwt.Mount(app, s.routes()...)
	app.Get("/events", fiberjwt.Require(s.auth), s.fiberEvents)
	chat := websocket.New(s.fiberChat, websocket.Config{Subprotocols: []string{protocol}})
	app.Get("/chat", fiberjwt.Require(s.sockets), chat)
	app.Get("/chat/ticket", fiberjwt.Require(s.tickets), chat)
	return app
}

// fiberChat is a WebSocket by github.com/gofiber/contrib/websocket. It runs when Fiber's
// Ctx is the next request's already; the gate's context, among the Locals, stays.
func (s *service) fiberChat(conn *websocket.Conn) {
	gate, _ := conn.Locals(fiberjwt.Key).(context.Context)
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
}

// fiberEvents is an event stream that ends with its token or its session. It is written when the
// handler has returned, so it is not the handler's to call done.
func (s *service) fiberEvents(c *fiber.Ctx) error {
	ctx, done := s.bound(c.UserContext())
	c.Set("Content-Type", "text/event-stream")
	c.Set("Cache-Control", "no-store")
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer done()
		s.stream(ctx, w, w.Flush)
	})
	return nil
}
