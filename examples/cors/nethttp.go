package main

import (
	"net/http"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func newNetHTTP(auth *core.Auth[string], origins []string) server {
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, auth.Routes()...)
	mux.Handle("/me", nethttpjwt.Require(auth)(nethttpjwt.Endpoint(me)))
	return newHTTPServer(cors(origins)(mux)) // around the whole mux
}
