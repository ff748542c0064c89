package adaptertest

import (
	"net/url"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// callbackCases are about what a user's function can return.
func callbackCases() []Case {
	var (
		scopes = no(core.InsufficientScope).challenge(`scope="orders:write orders:read"`)
		stepUp = no(core.StepUp).challenge(`acr_values="urn:mfa \"quoted\"", max_age="90"`)
		table  = []struct {
			outcome string
			want    Answer
		}{
			{"nobody", no(core.UnknownIdentity)},
			{"panic", no(core.Internal)},
			{"panic with a kind", no(core.Internal)},
			{"panic with http.ErrAbortHandler", no(core.Internal)},
			{"Goexit", no(core.Internal).with("Cache-Control: no-store")},
			{"an error", no(core.Internal)},
			{"canceled", no(core.Unavailable)},
			{"deadline", no(core.Unavailable)},
			{"typed nil", no(core.Internal)},
			{"kind 0", no(core.Internal)},
			{"kind 255", no(core.Internal)},
			{"revoked", no(core.Revoked)},
			{"missing", no(core.MissingToken)},
			{"forbidden", no(core.Forbidden)},
			{"wrapped", no(core.Forbidden)},
			{"joined", no(core.Forbidden)},
			{"scope", scopes},
			{"step up", stepUp},
			{"csrf", no(core.CSRF)},
			{"bad credentials", no(core.BadCredentials)},
			{"too many", no(core.TooManyRequests).with("Retry-After: 2")},
			{"unavailable", no(core.Unavailable)},
			{"retry", no(core.Unavailable).with("Retry-After: 60")},
		}
		foreign = []struct {
			outcome string
			kind    core.Kind
		}{
			{"jwt malformed", core.Malformed},
			{"jwt signature", core.BadSignature},
			{"jwt expired", core.Expired},
			{"jwt forged", core.BadSignature},
			{"jwt not yet", core.NotYetValid},
			{"jwt issuer", core.WrongIssuer},
			{"jwt audience", core.WrongAudience},
			{"jwt claims", core.BadClaim},
			{"jwt no key", core.UnknownKey},
			{"jwt wrong key", core.Internal},
			{"jwt bad key", core.Internal},
			{"jwt no such sum", core.Internal},
		}
		cases []Case
	)
	for _, c := range table {
		login := c.want
		switch c.outcome {
		case "nobody":
			login = no(core.BadCredentials)
		}
		cases = append(cases,
			row("IdentityHandler: "+c.outcome, me(with(`"do":"`+c.outcome+`"`)), c.want),
			row("AuthenticateHandler: "+c.outcome, post("/auth", `{"username":"do: `+c.outcome+`","password":"x"}`), login.with("Cache-Control: no-store")),
		)
		if c.outcome == "nobody" {
			cases = append(cases,
				row("PayloadHandler: nil", post("/auth", `{"username":"payload: nobody","password":"x"}`), no(core.Internal).with("Cache-Control: no-store")),
				row("DecodeHandler: nil", at("/decode", "nobody"), no(core.BadToken)))
			continue
		}
		cases = append(cases,
			row("Guard: "+c.outcome, at("/guard", with(`"guard":"`+c.outcome+`"`)), c.want),
			row("DecodeHandler: "+c.outcome, get("/decode", "Authorization: Bearer "+strings.ReplaceAll(c.outcome, " ", "_")), c.want),
			row("PayloadHandler: "+c.outcome, post("/auth", `{"username":"payload: `+c.outcome+`","password":"x"}`), login.with("Cache-Control: no-store")))
	}
	for _, c := range foreign {
		cases = append(cases, row("DecodeHandler: "+c.outcome, at("/decode", strings.ReplaceAll(c.outcome, " ", "_")), no(c.kind)))
	}
	return append(cases,
		row("Config.CallbackTimeout: IdentityHandler waits", at("/timeout", with(`"do":"wait"`)), no(core.Unavailable)),
		row("Config.CallbackTimeout: AuthenticateHandler waits", post("/timeout-login", `{"username":"do: wait","password":"x"}`), no(core.Unavailable).with("Cache-Control: no-store")),
		row("Config.CallbackTimeout: in time", at("/timeout", good("joe")), joe),
		row("Guard: the first no decides", at("/guard", good("joe")), no(core.InsufficientScope).challenge(`scope="never:asked"`)),
		row("Policy: says yes", at("/policy", good("joe")), joe),
		row("Policy: says no", at("/policy", good("ann")), no(core.Forbidden)),

		row("ErrorHandler: Error.Response", get("/on-error"), no(core.MissingToken)),
		row("ErrorHandler: panics", get("/on-error", "X-Answer: panic"), no(core.Internal)),
		row("ErrorHandler: Goexit", get("/on-error", "X-Answer: Goexit"), no(core.Internal).with("Cache-Control: no-store")),
		row("ErrorHandler: Goexit, to a HEAD", do("HEAD", "/on-error", "X-Answer: Goexit"), no(core.Internal).with("Cache-Control: no-store").head()),
		row("ErrorHandler: an empty Response", get("/on-error", "X-Answer: empty"), Answer{Status: 401, Kind: core.MissingToken}),
		row("ErrorHandler: no Content-Type", get("/on-error", "X-Answer: text"), Answer{Status: 418, Body: "<b>short</b>", Kind: core.MissingToken}.with("Content-Type: text/plain; charset=utf-8")),
		row("ErrorHandler: no body allowed (RFC 9110 15.3.5)", get("/on-error", "X-Answer: no content"), Answer{Status: 204, Kind: core.MissingToken}),
		row("ErrorHandler: headers of its own", get("/on-error", "X-Answer: headers"), ownHeaders("/on-error")),
		row("ErrorHandler: the path as sent", get("/on-error?x=1", "X-Answer: headers"), ownHeaders("/on-error")),
		row("ErrorHandler: headers of its own beside those set before", get("/outer-error", "X-Answer: headers"), ownHeaders("/outer-error").with("Cache-Control: max-age=60").
			before("Vary: Accept-Encoding").before("Set-Cookie: outer=1")),
	)
}

// ownHeaders is what oddAnswer says.
func ownHeaders(path string) Answer {
	return Answer{Status: 302, Kind: core.MissingToken, Body: "moved\n", Header: map[string][]string{
		"Content-Type":     {"text/plain"},
		"Location":         {"/login?next=" + (&url.URL{Path: path}).EscapedPath()},
		"Set-Cookie":       {"a=1; Path=/", "a=2; Path=/b", "b=1"},
		"Vary":             {"Accept", "Accept-Language"},
		"Www-Authenticate": {`Bearer realm="api"`, `Basic realm="api"`},
		"Link":             {"</a>; rel=help", "</b>; rel=help"},
		"X-Outer":          {"2", "3"},
	}}
}

// before adds a field before those of its name.
func (a Answer) before(field string) Answer {
	name, value, _ := strings.Cut(field, ": ")
	a.Header = a.Header.Clone()
	a.Header[name] = append([]string{value}, a.Header[name]...)
	return a
}
