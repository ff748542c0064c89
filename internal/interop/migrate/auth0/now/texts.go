package now

import (
	"errors"
	"net/http"

	"github.com/jwtgate/jwtgate/core"
)

// TextsOfV2 are for clients that read message, or take a missing token for a 400.
func TextsOfV2(_ core.Request, e *core.Error) core.Response {
	old := e.Response()
	switch {
	case e.Kind == core.MissingToken, e.Kind == core.BadRequest:
		return answer(old, http.StatusBadRequest, map[string]string{"message": "JWT is missing."})
	case errors.Is(e, core.BadToken):
		return answer(old, old.Status, map[string]string{"message": "JWT is invalid."})
	}
	return old
}

// answer is a refusal with another status and body, and the same header fields.
func answer(old core.Response, status int, body any) core.Response {
	res, err := core.JSONResponse(status, body)
	if err != nil {
		return old
	}
	res.Header = old.Header
	return res
}
