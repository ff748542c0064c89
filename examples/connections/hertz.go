package main

import (
	"context"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/protocol/http1/resp"

	"github.com/jwtgate/jwtgate/hertzjwt"
)

// hertz is the service on Hertz: event streams. A WebSocket there is bounded in the same
// way, by whichever library.
func (s *service) hertz(addr string) *server.Hertz {
	h := server.New(server.WithHostPorts(addr), server.WithReadTimeout(15*time.Second))
	hertzjwt.Mount(h, s.routes()...)
	h.GET("/events", hertzjwt.Require(s.auth), s.hertzEvents)
	return h
}

// hertzEvents is an event stream that ends with its token or its session.
func (s *service) hertzEvents(ctx context.Context, c *app.RequestContext) {
	ctx, done := s.bound(ctx)
	defer done()
	c.Response.Header.Set("Content-Type", "text/event-stream")
	c.Response.Header.Set("Cache-Control", "no-store")
	w := resp.NewChunkedBodyWriter(&c.Response, c.GetWriter())
	c.Response.HijackWriter(w)
	s.stream(ctx, w, w.Flush)
}
