package tested_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/examples/tested"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func newMux(auth *core.Auth[string]) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /me", nethttpjwt.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := nethttpjwt.Identity[string](r)
		fmt.Fprint(w, "hello, "+name)
	})))
	mux.Handle("DELETE /orders/{id}", nethttpjwt.Require(auth, core.Scopes("orders:write"))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "deleted "+r.PathValue("id"))
	})))
	return mux
}

func TestNetHTTP(t *testing.T) {
	mux := newMux(tested.NewAuth(t))
	for _, tt := range tested.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, tt.Request())
			tt.Check(t, w.Code, w.Body.String())
		})
	}
}
