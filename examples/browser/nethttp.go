package main

import (
	"net/http"

	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func newNetHTTP(s *service) server {
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, s.auth.Routes()...)
	gate := nethttpjwt.Require(s.auth)
	mux.Handle("/api/me", gate(nethttpjwt.Endpoint(s.me)))
	mux.Handle("/api/note", gate(nethttpjwt.Endpoint(s.note)))
	mux.Handle("/", nethttpjwt.Endpoint(s.site))
	return newHTTPServer(s, mux)
}
