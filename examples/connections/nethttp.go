package main

import (
	"context"
	"net/http"
	"time"

	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// netHTTP is the service on net/http, and its WebSockets by whichever library chat is of.
func (s *service) netHTTP(chat http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, s.routes()...)
	mux.Handle("GET /events", nethttpjwt.Require(s.auth)(http.HandlerFunc(s.events)))
	mux.Handle("GET /chat", nethttpjwt.Require(s.sockets)(chat))
	mux.Handle("GET /chat/ticket", nethttpjwt.Require(s.tickets)(chat))
	return mux
}

// events is an event stream that ends with its token or its session.
func (s *service) events(w http.ResponseWriter, r *http.Request) {
	ctx, done := s.bound(r.Context())
	defer done()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	response := http.NewResponseController(w)
	_ = response.SetWriteDeadline(time.Time{}) // that of the server is for answers that end
	s.stream(ctx, w, response.Flush)
}

// serveHTTP serves until ctx ends.
func serveHTTP(ctx context.Context, addr string, handler http.Handler) error {
	server := &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, // without these, who sends nothing stays for ever
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	return server.ListenAndServe()
}
