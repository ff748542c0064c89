package adaptertest

import (
	"context"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// OutcomeCases are the rows of the table of outcomes: what clients are told of a no
// where it is not told in HTTP.
func OutcomeCases() []OutcomeCase {
	config := core.Config[*User]{
		Keys:       testKeys().both,
		Now:        clock,
		Identify:   identify,
		Rules:      core.ClaimRules{Issuer: "https://id.example.com", Audience: []string{"orders"}},
		Revocation: byClaim{},
	}
	auth := core.Must(config)
	config.Resource = core.ResourceConfig{Identifier: "https://api.example.com"}
	published := core.Must(config)
	config.CallbackTimeout = 20 * time.Millisecond
	impatient := core.Must(config)
	config.CallbackTimeout = 0
	config.OnError = func(_ core.Request, e *core.Error) core.Response {
		e.Kind = core.Forbidden
		return core.Response{Status: 418, Body: []byte("a teapot")}
	}
	changed := core.Must(config)
	required, optional, public := auth.Require(), auth.Optional(), auth.Public()
	scopes := core.Scopes("orders:read", "orders:write")

	const ours = `,"iss":"https://id.example.com","aud":"orders"`
	bearer := func(token string) []string { return []string{"Bearer " + token} }
	claiming := func(more string) []string { return bearer(claims(payload("joe", ours[1:]+more))) }
	joe := claiming("")
	doing := func(what string) []string { return claiming(`,"do":"` + what + `"`) }
	forged := bearer(joe[0][len("Bearer "):len(joe[0])-4] + "AAAA")
	expired := bearer(claims(`{"sub":"joe","exp":1` + ours + `}`))

	passes := Outcome{}
	missing := Outcome{Code: "unauthenticated", Status: 401, Reason: "missing_token", Text: "The request contains no access token"}
	// Who presents a token in the wrong way is as little authenticated as who presents a wrong one.
	badRequest := Outcome{Code: "unauthenticated", Status: 400, Reason: "invalid_request", Text: "The request, or the way it presents an access token, is malformed"}
	badToken := Outcome{Code: "unauthenticated", Status: 401, Reason: "invalid_token", Text: "The access token is expired, revoked, malformed or invalid for other reasons"}
	stepUp := Outcome{Code: "unauthenticated", Status: 401, Reason: "insufficient_user_authentication", Text: "A stronger or more recent authentication is needed"}
	forbidden := Outcome{Code: "permission_denied", Status: 403, Reason: "forbidden", Text: "This identity may not do this"}
	noScope := Outcome{Code: "permission_denied", Status: 403, Reason: "insufficient_scope", Text: "The access token lacks a scope this request needs"}
	tooMany := Outcome{Code: "resource_exhausted", Status: 429, Reason: "too_many_requests", Text: "Too many attempts"}
	outage := Outcome{Code: "unavailable", Status: 503, Reason: "temporarily_unavailable", Text: "The request cannot be answered at the moment"}
	defect := Outcome{Code: "internal", Status: 500, Reason: "server_error", Text: "The server failed to answer the request"}
	wanting := func(o Outcome) Outcome {
		o.Scopes = []string{"orders:read", "orders:write"}
		return o
	}
	in := func(o Outcome, wait time.Duration) Outcome {
		o.RetryAfter = wait
		return o
	}
	foreign := func(core.Request) (context.Context, core.Response, bool) {
		return nil, core.Response{Status: 503}, false
	}
	return []OutcomeCase{
		{"a good token", required, joe, "joe", passes, nil},
		{"no token", required, nil, "", missing, nil},
		{"another scheme", required, []string{"Basic eDp5"}, "", missing, nil},
		{"the scheme alone", required, []string{"Bearer"}, "", badRequest, nil},
		{"two tokens", required, []string{joe[0], joe[0]}, "", badRequest, nil},
		{"malformed", required, bearer("x"), "", badToken, nil},
		{"forged", required, forged, "", badToken, nil},
		{"expired", required, expired, "", badToken, nil},
		{"not yet valid", required, claiming(`,"nbf":1900000000`), "", badToken, nil},
		{"of another issuer", required, bearer(claims(payload("joe", `"iss":"https://evil.example.com","aud":"orders"`))), "", badToken, nil},
		{"for another audience", required, bearer(claims(payload("joe", `"iss":"https://id.example.com","aud":"billing"`))), "", badToken, nil},
		{"revoked", required, claiming(`,"revoked":"yes"`), "", badToken, nil},
		{"nobody", required, doing("nobody"), "", badToken, nil},
		{"revocation cannot be asked", required, claiming(`,"revoked":"unknown"`), "", outage, nil},

		{"forbidden", required, doing("forbidden"), "", forbidden, nil},
		{"a guard forbids", auth.Require(core.HasAny("role", "admin")), joe, "", forbidden, nil},
		{"a guard agrees", auth.Require(core.HasAny("role", "user")), joe, "joe", passes, nil},
		{"a scope is lacking", auth.Require(scopes), claiming(`,"scope":"orders:read"`), "", wanting(noScope), nil},
		{"all scopes", auth.Require(scopes), claiming(`,"scope":"orders:read orders:write"`), "joe", passes, nil},
		{"no token, of a resource that names its scopes", published.Require(scopes), nil, "", wanting(missing), nil},
		{"a bad token, of a resource that names its scopes", published.Require(scopes), expired, "", wanting(badToken), nil},
		{"step up", required, doing("step up"), "", stepUp, nil},

		{"too many", required, doing("too many"), "", in(tooMany, 2*time.Second), nil},
		{"an outage", required, doing("unavailable"), "", outage, nil},
		{"an outage that says for how long", required, doing("retry"), "", in(outage, time.Minute), nil},
		{"a step that hangs", impatient.Require(), doing("wait"), "", outage, nil},
		{"a defect", required, doing("an error"), "", defect, nil},
		{"a panic", required, doing("panic"), "", defect, nil},
		{"a panic of net/http's", required, doing("panic with http.ErrAbortHandler"), "", defect, nil},
		{"Goexit", required, doing("Goexit"), "", defect, nil},

		{"Optional: a good token", optional, joe, "joe", passes, nil},
		{"Optional: no token", optional, nil, "", passes, nil},
		{"Optional: another scheme", optional, []string{"Basic eDp5"}, "", passes, nil},
		{"Optional: the scheme alone", optional, []string{"Bearer"}, "", badRequest, nil},
		{"Optional: expired", optional, expired, "", badToken, nil},
		{"Optional: an outage", optional, doing("unavailable"), "", outage, nil},
		{"Public: a good token", public, joe, "joe", passes, nil},
		{"Public: expired", public, expired, "", passes, nil},

		{"OnError decides", changed.Require(), nil, "", forbidden, &Outcome{Status: 418, Text: "a teapot"}},
		{"a gate of one's own", foreign, nil, "", Outcome{Code: "unavailable", Status: 503, Text: "Service Unavailable"}, nil},
	}
}

// byClaim calls back the tokens that say so.
type byClaim struct{}

func (byClaim) Revoked(_ context.Context, c *core.Claims) (bool, error) {
	switch said, _ := c.String("revoked"); said {
	case "yes":
		return true, nil
	case "unknown":
		return false, errStore
	}
	return false, nil
}
