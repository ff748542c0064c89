package core_test

import (
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// OnError changes the default answer or replaces it. Here it is problem+json
// (RFC 9457); status and challenge stay those of the Kind.
func ExampleErrorHandler() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys: key,
		OnError: func(_ core.Request, e *core.Error) core.Response {
			problem, err := core.JSONResponse(e.Kind.Status(), map[string]any{
				"type":   "https://example.com/problems/" + e.Kind.String(),
				"status": e.Kind.Status(),
			})
			if err != nil {
				return e.Response()
			}
			res := e.Response() // ours, made anew: it may be changed
			res.Header.Set("Content-Type", "application/problem+json")
			res.Body = problem.Body
			return res
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, res, _ := auth.Require()(core.FromHTTP(httptest.NewRequest("GET", "/", nil)))
	fmt.Println(res.Status, res.Header.Get("WWW-Authenticate"), res.Header.Get("Content-Type"))
	fmt.Printf("%s", res.Body)
	// Output:
	// 401 Bearer realm="api" application/problem+json
	// {"status":401,"type":"https://example.com/problems/missing"}
}
