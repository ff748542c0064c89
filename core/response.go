package core

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Response is an answer, or the headers that go with somebody else's answer.
// Core returns it; an adapter writes it. Header's names are in canonical form.
// A Response may be prepared once and written many times: nobody changes one
// that he did not make.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// AddsHeader reports whether a header adds to what others have set, instead of
// replacing it: Vary, Set-Cookie, WWW-Authenticate and Link. The name is in
// canonical form.
func AddsHeader(name string) bool {
	switch name {
	case "Vary", "Set-Cookie", "Www-Authenticate", "Link":
		return true
	}
	return false
}

// SetHeaders puts the Response's headers into h. The values are copied, because
// a later handler may change what it finds in h. A name without values is none.
func (res Response) SetHeaders(h http.Header) {
	var room []string // one piece of memory for all fields of one value
	for name, values := range res.Header {
		switch {
		case len(values) == 0:
		case AddsHeader(name) && len(h[name]) > 0:
			h[name] = append(h[name], values...)
		case len(values) == 1:
			if len(room) == 0 {
				room = make([]string, len(res.Header))
			}
			room[0] = values[0]
			h[name], room = room[:1:1], room[1:]
		default:
			h[name] = append([]string(nil), values...)
		}
	}
}

// JSON is a Response with v as its body. It is meant for handlers that answer
// in place of core's own: OnError, AuthResponse. The error is encoding/json's.
func JSON(status int, v any) (Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Response{}, err
	}
	return jsonResponse(status, body), nil
}

func jsonResponse(status int, body []byte) Response {
	return Response{
		Status: status,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   append(body, '\n'),
	}
}

// errorBody is the default body of a refusal: Flask-JWT's members.
func errorBody(status int, code, text string) []byte {
	// Built from the table alone, so there is nothing to escape.
	return []byte(`{"status_code":` + strconv.Itoa(status) + `,"error":"` + code + `","description":"` + text + `"}`)
}
