package now

import (
	"errors"

	"github.com/jwtgate/jwtgate/core"
)

// TextsOfV3 are for clients that read error_code to know that they need a new token.
func TextsOfV3(_ core.Request, e *core.Error) core.Response {
	old := e.Response()
	body := struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
		Code        string `json:"error_code,omitempty"`
	}{Error: "invalid_token"}
	switch {
	case e.Kind == core.MissingToken:
	case e.Kind == core.BadRequest:
		body.Error, body.Code = "invalid_request", "invalid_request"
	case e.Kind == core.Expired:
		body.Description, body.Code = "The access token expired", "token_expired"
	case e.Kind == core.NotYetValid:
		body.Description, body.Code = "The access token is not yet valid", "token_not_yet_valid"
	case errors.Is(e, core.BadToken):
		body.Description, body.Code = "The access token is invalid", "invalid_token"
	default:
		return old
	}
	return answer(old, old.Status, body)
}
