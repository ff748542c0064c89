package core

import (
	"errors"
	"io"
	"net/http"
)

// readBody reads a body of at most limit bytes.
func readBody(r Request, limit int) (string, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body(), int64(limit)+1))
	var tooLarge *http.MaxBytesError
	if len(body) > limit || errors.As(err, &tooLarge) {
		return "", TooLarge
	}
	if err != nil {
		return "", &Error{Kind: BadBody, Cause: err}
	}
	return string(body), nil
}
