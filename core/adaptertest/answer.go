package adaptertest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// Answer is an HTTP response as far as frameworks must not differ.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Head   bool // to a HEAD
	// Kind is what the Observer was told.
	Kind core.Kind
	// Anyone says that only the status counts: some servers answer this request
	// themselves, and core does on the others.
	Anyone bool
}

// framing are the fields in which servers may differ: they frame the message or
// speak of the server.
var framing = []string{"Connection", "Content-Length", "Date", "Keep-Alive", "Server", "Transfer-Encoding"}

// diff says in what got differs from want; "" if in nothing.
func (want Answer) diff(got Answer) string {
	if want.Anyone {
		if got.Status != want.Status {
			return fmt.Sprintf("status %d, want %d (body %q)", got.Status, want.Status, got.Body)
		}
		return ""
	}
	if a, b := got.text(), want.text(); a != b {
		return "\ngot:\n" + a + "\nwant:\n" + b
	}
	return ""
}

func (a Answer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\t%d, kind %s\n", a.Status, a.Kind)
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		if !slices.Contains(framing, name) {
			for _, v := range a.Header[name] {
				fmt.Fprintf(&b, "\t%s: %s\n", name, v)
			}
		}
	}
	fmt.Fprintf(&b, "\t%q", a.Body)
	return b.String()
}

// with adds fields to an answer, or replaces those that core replaces.
func (a Answer) with(fields ...string) Answer {
	a.Header = a.Header.Clone()
	if a.Header == nil {
		a.Header = http.Header{}
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		switch name {
		case "Vary", "Set-Cookie", "Link":
			a.Header.Add(name, value)
		default:
			a.Header.Set(name, value)
		}
	}
	return a
}

// head is the answer to the same request as HEAD (RFC 9110 section 9.3.2).
func (a Answer) head() Answer {
	a.Head, a.Body = true, ""
	return a
}

// yes is the answer of Show: who is there, and how the token came.
func yes(user, by string) Answer {
	role := "user"
	if user == "" {
		role = ""
	}
	return Answer{
		Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   fmt.Sprintf(`{"user":%q,"role":%q,"by":%q}`+"\n", user, role, by),
	}
}

var (
	joe       = yes("joe", "Header Bearer")
	ann       = yes("ann", "Header Bearer")
	anonymous = yes("", "")
)

// status is the answer to a request that some servers refuse before us.
func status(code int) Answer { return Answer{Status: code, Anyone: true} }

// no is the answer to a refusal. It is written down here once more, from the
// standards, so that a change of core's table shows.
func no(k core.Kind) Answer {
	r, ok := refusals[k]
	if !ok {
		r = refusals[core.BadToken]
	}
	a := Answer{
		Status: r.status,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   fmt.Sprintf(`{"status_code":%d,"error":%q,"description":%q}`, r.status, r.code, r.text) + "\n",
		Kind:   k,
	}
	switch r.challenge {
	case bare:
		a.Header.Set("Www-Authenticate", `Bearer realm="api"`)
	case coded:
		a.Header.Set("Www-Authenticate", fmt.Sprintf(`Bearer realm="api", error=%q, error_description=%q`, r.code, r.text))
	}
	return a
}

type refusal struct {
	status     int
	code, text string
	challenge  challenge
}

type challenge int

const (
	none  challenge = iota
	bare            // RFC 6750 section 3.1: no error code without a credential
	coded           // RFC 6750 section 3
)

// refusals has the kinds that are no bad token.
var refusals = map[core.Kind]refusal{
	core.MissingToken:      {401, "missing_token", "The request contains no access token", bare},
	core.BadRequest:        {400, "invalid_request", "The request, or the way it presents an access token, is malformed", coded},
	core.BadBody:           {400, "invalid_request", "The request body is not a JSON object with the expected fields", none},
	core.BadToken:          {401, "invalid_token", "The access token is expired, revoked, malformed or invalid for other reasons", coded},
	core.BadRefresh:        {401, "invalid_grant", "The refresh token is invalid, expired or revoked", bare},
	core.ReusedRefresh:     {401, "invalid_grant", "The refresh token is invalid, expired or revoked", bare},
	core.BadCredentials:    {401, "invalid_credentials", "The credentials are not valid", bare},
	core.StepUp:            {401, "insufficient_user_authentication", "A stronger or more recent authentication is needed", coded},
	core.Forbidden:         {403, "forbidden", "This identity may not do this", none},
	core.InsufficientScope: {403, "insufficient_scope", "The access token lacks a scope this request needs", coded},
	core.CSRF:              {403, "csrf_check_failed", "The request does not prove that it comes from a trusted origin", none},
	core.MethodNotAllowed:  {405, "method_not_allowed", "This endpoint does not answer this method", none},
	core.TooLarge:          {413, "content_too_large", "The request body is too large", none},
	core.UnsupportedMedia:  {415, "unsupported_media_type", "The request body must be application/json", none},
	core.TooManyRequests:   {429, "too_many_requests", "Too many attempts", none},
	core.Unavailable:       {503, "temporarily_unavailable", "The request cannot be answered at the moment", none},
	core.Internal:          {500, "server_error", "The server failed to answer the request", none},
}

// challenge adds what the challenge says more than the error.
func (a Answer) challenge(more string) Answer {
	return a.with("Www-Authenticate: " + a.Header.Get("Www-Authenticate") + ", " + more)
}

func itoa(n int) string { return strconv.Itoa(n) }
