package main

import (
	"net/http"
	"slices"
)

// cors lets the scripts of pages from these origins call everything behind it. It
// stands before the gate: a browser's preflight (Fetch standard section 4.8) carries
// no token, and a refusal without these fields no script can read. It answers
// preflights itself, so no handler runs for one.
//
// Where tokens come in cookies, Access-Control-Allow-Credentials: true is needed
// too, and the same origins stand in Cookie.TrustedOrigins.
func cors(origins []string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h, origin := w.Header(), r.Header.Get("Origin")
			known := slices.Contains(origins, origin)
			h.Add("Vary", "Origin")
			if known {
				h.Set("Access-Control-Allow-Origin", origin)
				h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")
			}
			if r.Method != http.MethodOptions || origin == "" || r.Header.Get("Access-Control-Request-Method") == "" {
				next.ServeHTTP(w, r)
				return
			}
			if known {
				h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
				h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
				h.Set("Access-Control-Max-Age", "600")
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
}
