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
