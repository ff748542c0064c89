package core

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Response is an answer, or the headers that go with somebody else's answer.
// Core returns it; an adapter writes it. Header's names are in canonical form.
// A Response may be prepared once and written many times: nobody changes one
// that he did not make.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Refusal says of a no what it is, for adapters that do not answer in HTTP: gRPC,
	// a tool's protocol. It is set on every no of a gate, an endpoint and Reject, and
	// nil else: after OnError, whatever that answered, of the *Error as it left it.
	// Whoever answers in HTTP needs nothing of it.
	Refusal *Refusal
	// names are what to look for in Header first. In a Response that was prepared
	// they are all: to look up two takes half the time of asking what there is.
	names []string
}

// Refusal is a no as far as a client may know it; the cause is the [Observer]'s alone.
// It may be prepared and shared: nobody changes one.
type Refusal struct {
	// Kind says why, more exactly than a client is told: all kinds of BadToken have
	// one Code and one Text, so send those and not its name.
	Kind Kind
	// Code is the error code, as RFC 6750 section 3.1 has some, and Text the sentence
	// for people that goes with it: the members error and description of the default
	// answer.
	Code, Text string
	// Scopes are those that the route needs, as the challenge names them: with
	// InsufficientScope, and with Config.Resource where there is no good token either.
	Scopes []string
	// RetryAfter is how long to wait, 0 if that is not known.
	RetryAfter time.Duration
}

// addsHeader reports whether a header adds to what others have set, instead of
// replacing it.
func addsHeader(name string) bool {
	switch name {
	case "Vary", "Set-Cookie", "Www-Authenticate", "Link":
		return true
	}
	return false
}

// SetHeaders puts the [Response]'s headers into h: Vary, Set-Cookie,
// WWW-Authenticate and Link add to what others have set, the rest replaces it. The
// values are copied, because a later handler may change what it finds in h. A name
// without values is none.
func (res Response) SetHeaders(h http.Header) {
	room := make([]string, 0, len(res.Header)) // one piece of memory for all fields of one value
	res.each(func(name string, values []string) {
		switch n := len(room); {
		case addsHeader(name) && len(h[name]) > 0:
			h[name] = append(h[name], values...)
		case len(values) == 1:
			room = append(room, values[0])
			h[name] = room[n : n+1 : n+1]
		default:
			h[name] = slices.Clone(values)
		}
	})
}

// withOwnHeader is the Response with headers that may be changed: those that there
// are may be prepared ones.
func (res Response) withOwnHeader() Response {
	res.Header = res.Header.Clone()
	if res.Header == nil {
		res.Header = http.Header{}
	}
	return res
}

// EachHeader is SetHeaders for a server without http.Header: it calls set for a
// value that takes the place of all that there are, and add for one that goes
// beside them.
func (res Response) EachHeader(set, add func(name, value string)) {
	res.each(func(name string, values []string) {
		for i, value := range values {
			if i > 0 || addsHeader(name) {
				add(name, value)
			} else {
				set(name, value)
			}
		}
	})
}

// each calls f for each name that has values.
func (res Response) each(f func(name string, values []string)) {
	known := 0
	for _, name := range res.names {
		if values, ok := res.Header[name]; ok {
			known++
			if len(values) > 0 {
				f(name, values)
			}
		}
	}
	if known == len(res.Header) {
		return
	}
	for name, values := range res.Header {
		if len(values) > 0 && !slices.Contains(res.names, name) {
			f(name, values)
		}
	}
}

// JSONResponse is a [Response] with v as its body. It is meant for handlers that answer
// in place of core's own: OnError, AuthResponse. The error is encoding/json's.
func JSONResponse(status int, v any) (Response, error) {
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
