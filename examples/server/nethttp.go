package main

import (
	"net/http"

	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func newNetHTTP(s *service) server {
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, s.auth.Routes()...)
	nethttpjwt.Mount(mux, s.auth.KeyRoutes()...)
	mux.Handle("/protected", nethttpjwt.Require(s.auth)(nethttpjwt.Endpoint(s.protected)))
	mux.Handle("/open", nethttpjwt.Optional(s.auth)(nethttpjwt.Endpoint(s.open)))
	mux.Handle("/healthz", nethttpjwt.Endpoint(s.health))
	mux.Handle("/", nethttpjwt.Endpoint(s.notFound))
	return newHTTPServer(s, mux)
}
