package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// allKinds are the kinds, in order, with what the one table says of them.
var allKinds = []struct {
	kind   core.Kind
	name   string
	parent core.Kind
	status int
	code   string
	form   string // of the challenge: "", bare or coded
}{
	{core.MissingToken, "missing", 0, 401, "missing_token", "bare"},
	{core.BadRequest, "bad_request", 0, 400, "invalid_request", "coded"},
	{core.BadBody, "bad_body", core.BadRequest, 400, "invalid_request", ""},
	{core.BadToken, "bad_token", 0, 401, "invalid_token", "coded"},
	{core.Malformed, "malformed", core.BadToken, 401, "invalid_token", "coded"},
	{core.WrongAlgorithm, "wrong_algorithm", core.BadToken, 401, "invalid_token", "coded"},
	{core.UnknownKey, "unknown_key", core.BadToken, 401, "invalid_token", "coded"},
	{core.BadSignature, "bad_signature", core.BadToken, 401, "invalid_token", "coded"},
	{core.WrongType, "wrong_type", core.BadToken, 401, "invalid_token", "coded"},
	{core.Expired, "expired", core.BadToken, 401, "invalid_token", "coded"},
	{core.NotYetValid, "not_yet_valid", core.BadToken, 401, "invalid_token", "coded"},
	{core.IssuedInFuture, "issued_in_future", core.BadToken, 401, "invalid_token", "coded"},
	{core.TooOld, "too_old", core.BadToken, 401, "invalid_token", "coded"},
	{core.WrongIssuer, "wrong_issuer", core.BadToken, 401, "invalid_token", "coded"},
	{core.WrongAudience, "wrong_audience", core.BadToken, 401, "invalid_token", "coded"},
	{core.MissingClaim, "missing_claim", core.BadToken, 401, "invalid_token", "coded"},
	{core.BadClaim, "bad_claim", core.BadToken, 401, "invalid_token", "coded"},
	{core.Revoked, "revoked", core.BadToken, 401, "invalid_token", "coded"},
	{core.UnknownIdentity, "unknown_identity", core.BadToken, 401, "invalid_token", "coded"},
	{core.BadRefresh, "bad_refresh", 0, 401, "invalid_grant", "bare"},
	{core.ReusedRefresh, "reused_refresh", core.BadRefresh, 401, "invalid_grant", "bare"},
	{core.RacedRefresh, "raced_refresh", 0, 409, "refresh_raced", ""},
	{core.BadCredentials, "bad_credentials", 0, 401, "invalid_credentials", "bare"},
	{core.StepUp, "step_up", 0, 401, "insufficient_user_authentication", "coded"},
	{core.Forbidden, "forbidden", 0, 403, "forbidden", ""},
	{core.InsufficientScope, "insufficient_scope", 0, 403, "insufficient_scope", "coded"},
	{core.CSRF, "csrf", 0, 403, "csrf_check_failed", ""},
	{core.MethodNotAllowed, "method_not_allowed", 0, 405, "method_not_allowed", ""},
	{core.TooLarge, "too_large", 0, 413, "content_too_large", ""},
	{core.UnsupportedMedia, "unsupported_media", 0, 415, "unsupported_media_type", ""},
	{core.TooManyRequests, "too_many_requests", 0, 429, "too_many_requests", ""},
	{core.Unavailable, "unavailable", 0, 503, "temporarily_unavailable", ""},
	{core.Internal, "internal", 0, 500, "server_error", ""},
}

func TestKindTable(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	for i, tt := range allKinds {
		res := auth.Reject(coretest.Get(), tt.kind)
		challenge := res.Header.Get("Www-Authenticate")
		form := ""
		switch {
		case strings.Contains(challenge, "error="):
			form = "coded"
		case challenge != "":
			form = "bare"
		}
		if int(tt.kind) != i+1 || tt.kind.String() != tt.name || tt.kind.Error() != tt.name ||
			tt.kind.Status() != tt.status || res.Status != tt.status || form != tt.form {
			t.Errorf("%s: got %d %v %d %d %q", tt.name, tt.kind, tt.kind, res.Status, tt.kind.Status(), challenge)
		}
		coretest.Contains(t, tt.name, string(res.Body), fmt.Sprintf(`{"status_code":%d,"error":%q,"description":"`, tt.status, tt.code))
		if res.Status == 401 && challenge == "" {
			t.Errorf("%s: 401 without a challenge (RFC 9110 section 15.5.2)", tt.name)
		}
		if form == "coded" {
			coretest.Contains(t, tt.name, challenge, `error="`+tt.code+`"`, `error_description="`)
		}
	}
	if past := allKinds[len(allKinds)-1].kind + 1; past.String() != "internal" || past.Status() != 500 {
		t.Errorf("a kind is missing from this table: %v", past)
	}
	for _, k := range []core.Kind{200, 255} {
		if k.Status() != 500 || k.String() != "internal" {
			t.Errorf("Kind(%d): got %d %s, want 500 internal", uint8(k), k.Status(), k.String())
		}
	}
	if core.Kind(0).String() != "ok" {
		t.Errorf("no kind: got %s, want ok", core.Kind(0))
	}
}

// TestKindIs holds errors.Is against the tree for every pair of kinds.
func TestKindIs(t *testing.T) {
	for _, a := range allKinds {
		for _, b := range allKinds {
			want := a.kind == b.kind || a.parent == b.kind
			for name, err := range map[string]error{
				"kind": a.kind, "error": &core.Error{Kind: a.kind}, "wrapped": fmt.Errorf("x: %w", a.kind),
			} {
				if got := errors.Is(err, b.kind); got != want {
					t.Errorf("%s: errors.Is(%s, %s) = %v", name, a.name, b.name, got)
				}
			}
		}
		if errors.Is(a.kind, core.Kind(0)) {
			t.Errorf("%s is Kind(0)", a.name)
		}
	}
	if !errors.Is(&core.Error{Kind: core.Forbidden, Cause: coretest.ErrDatabase}, coretest.ErrDatabase) {
		t.Error("the cause of an Error is not seen by errors.Is")
	}
}

func TestErrorText(t *testing.T) {
	for _, tt := range []struct {
		err  core.Error
		want string
	}{
		{core.Error{Kind: core.Expired}, "jwtgate: expired"},
		{core.Error{Kind: core.MissingClaim, Claim: "exp"}, "jwtgate: missing_claim (exp)"},
		{core.Error{Kind: core.Unavailable, Cause: coretest.ErrDatabase}, "jwtgate: unavailable: the database is down"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// uncomparable panics if it is compared, as an error of slice type does.
type uncomparable []string

func (uncomparable) Error() string { return "uncomparable" }

// nilError is an error whose methods cannot be called on a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func (e *nilError) Unwrap() error { return errors.New(e.text) }

// TestClassify is the contract of every step: what it returns as an error, and
// the one kind that comes of it. Each row goes through a gate's Decode.
func TestClassify(t *testing.T) {
	var nilErr *core.Error
	forged := fmt.Errorf("x: %w: %w", jwt.ErrTokenSignatureInvalid, jwt.ErrTokenInvalidClaims)
	for _, tt := range []struct {
		name string
		err  error
		want core.Kind
	}{
		{"kind", core.Revoked, core.Revoked},
		{"kind wrapped", fmt.Errorf("store: %w", core.Revoked), core.Revoked},
		{"error", &core.Error{Kind: core.StepUp}, core.StepUp},
		{"error wrapped", fmt.Errorf("x: %w", &core.Error{Kind: core.StepUp}), core.StepUp},
		{"error before kind", errors.Join(core.Expired, &core.Error{Kind: core.Unavailable}), core.Unavailable},
		{"joined, kind last", errors.Join(coretest.ErrDatabase, core.Forbidden), core.Forbidden},
		{"joined, two kinds", errors.Join(core.Expired, core.Forbidden), core.Expired},
		{"kind before context", fmt.Errorf("%w: %w", context.Canceled, core.BadToken), core.BadToken},
		{"kind before golang-jwt", fmt.Errorf("%w: %w", jwt.ErrTokenExpired, core.Unavailable), core.Unavailable},
		{"typed nil", nilErr, core.Internal},
		{"typed nil, wrapped", fmt.Errorf("x: %w", nilErr), core.Internal},
		{"typed nil of the user's", (*nilError)(nil), core.Internal},
		{"kind 0", core.Kind(0), core.Internal},
		{"kind out of range", core.Kind(200), core.Internal},
		{"error of kind 0", &core.Error{}, core.Internal},
		{"error of a kind out of range", &core.Error{Kind: 99}, core.Internal},
		{"canceled", context.Canceled, core.Unavailable},
		{"deadline", fmt.Errorf("query: %w", context.DeadlineExceeded), core.Unavailable},
		{"context before golang-jwt", fmt.Errorf("%w: %w", jwt.ErrTokenUnverifiable, context.DeadlineExceeded), core.Unavailable},
		{"anything else", coretest.ErrDatabase, core.Internal},
		{"uncomparable", uncomparable{"x"}, core.Internal},
		{"wrong key joined with bad signature", fmt.Errorf("%w: %w", jwt.ErrTokenSignatureInvalid, jwt.ErrInvalidKey), core.Internal},
		{"wrong key type", fmt.Errorf("%w: %w", jwt.ErrTokenSignatureInvalid, jwt.ErrInvalidKeyType), core.Internal},
		{"hash not linked in", fmt.Errorf("%w: %w", jwt.ErrTokenSignatureInvalid, jwt.ErrHashUnavailable), core.Internal},
		{"malformed", jwt.ErrTokenMalformed, core.Malformed},
		{"unverifiable", jwt.ErrTokenUnverifiable, core.UnknownKey},
		{"signature", jwt.ErrTokenSignatureInvalid, core.BadSignature},
		{"expired and forged is forged (CVE-2024-51744)", fmt.Errorf("%w: %w", jwt.ErrTokenExpired, forged), core.BadSignature},
		{"expired", fmt.Errorf("%w: %w", jwt.ErrTokenInvalidClaims, jwt.ErrTokenExpired), core.Expired},
		{"expired and wrong issuer", errors.Join(jwt.ErrTokenInvalidIssuer, jwt.ErrTokenExpired), core.Expired},
		{"not yet valid", fmt.Errorf("%w: %w", jwt.ErrTokenInvalidClaims, jwt.ErrTokenNotValidYet), core.NotYetValid},
		{"used before issued", jwt.ErrTokenUsedBeforeIssued, core.IssuedInFuture},
		{"issuer", jwt.ErrTokenInvalidIssuer, core.WrongIssuer},
		{"audience", jwt.ErrTokenInvalidAudience, core.WrongAudience},
		{"claim missing", jwt.ErrTokenRequiredClaimMissing, core.MissingClaim},
		{"claims", fmt.Errorf("%w: %w", jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidSubject), core.BadClaim},
	} {
		cfg := coretest.Accepting()
		cfg.Decode = func(context.Context, string) (*core.Claims, error) { return nil, tt.err }
		auth := coretest.MustNew(t, cfg)
		_, err := auth.Verify(coretest.Get())
		if got := coretest.KindOf(t, err); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		if _, res, ok := auth.Require()(coretest.Get()); ok || res.Status != tt.want.Status() {
			t.Errorf("%s: Require answers %d, want %d", tt.name, res.Status, tt.want.Status())
		}
		if tt.want != core.BadToken && tt.want.Status() == 401 && tt.want != core.StepUp && !errors.Is(err, core.BadToken) {
			t.Errorf("%s: %v is no BadToken", tt.name, err)
		}
	}
}

// TestGolangJWTErrors returns the errors of golang-jwt's own parser as they are.
func TestGolangJWTErrors(t *testing.T) {
	secret := []byte("a4c123b1612dd272d1371c17149d4395")
	parse := func(key any, options ...jwt.ParserOption) core.DecodeHandler {
		return func(_ context.Context, token string) (*core.Claims, error) {
			parsed, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return key, nil },
				append(options, jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(coretest.Stopped))...)
			if err != nil {
				return nil, err
			}
			return core.NewClaims(parsed.Claims.(jwt.MapClaims))
		}
	}
	const head = `{"alg":"HS256"}`
	for _, tt := range []struct {
		name   string
		token  string
		decode core.DecodeHandler
		want   core.Kind
	}{
		{"valid", coretest.Signed(secret, head, `{}`), parse(secret), 0},
		{"expired", coretest.Signed(secret, head, `{"exp":1}`), parse(secret), core.Expired},
		{"not yet", coretest.Signed(secret, head, `{"nbf":9e9}`), parse(secret), core.NotYetValid},
		{"iat to come", coretest.Signed(secret, head, `{"iat":9e9}`), parse(secret, jwt.WithIssuedAt()), core.IssuedInFuture},
		{"issuer", coretest.Signed(secret, head, `{"iss":"a"}`), parse(secret, jwt.WithIssuer("b")), core.WrongIssuer},
		{"audience", coretest.Signed(secret, head, `{"aud":"a"}`), parse(secret, jwt.WithAudience("b")), core.WrongAudience},
		{"no exp", coretest.Signed(secret, head, `{}`), parse(secret, jwt.WithExpirationRequired()), core.MissingClaim},
		{"subject", coretest.Signed(secret, head, `{"sub":"a"}`), parse(secret, jwt.WithSubject("b")), core.BadClaim},
		{"type of exp", coretest.Signed(secret, head, `{"exp":"1"}`), parse(secret), core.BadClaim},
		{"forged", coretest.Signed([]byte("x"), head, `{}`), parse(secret), core.BadSignature},
		{"expired and forged", coretest.Signed([]byte("x"), head, `{"exp":1}`), parse(secret), core.BadSignature},
		{"other algorithm", coretest.Signed(secret, `{"alg":"HS512"}`, `{}`), parse(secret), core.BadSignature},
		{"unknown algorithm", coretest.Signed(secret, `{"alg":"X"}`, `{}`), parse(secret), core.UnknownKey},
		{"garbage", "a.b.c", parse(secret), core.Malformed},
		{"a key of the wrong type", coretest.Signed(secret, head, `{}`), parse("secret"), core.Internal},
	} {
		cfg := coretest.Accepting()
		cfg.Lookup, cfg.Decode = nil, tt.decode
		_, err := coretest.MustNew(t, cfg).Verify(coretest.Bearer(tt.token))
		if got := coretest.KindOf(t, err); got != tt.want {
			t.Errorf("%s: got %v (%v), want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestErrorResponse(t *testing.T) {
	for _, tt := range []struct {
		name        string
		err         core.Error
		field, want string
	}{
		{"scope", core.Error{Kind: core.InsufficientScope, Scopes: []string{"a", "b:c"}}, "Www-Authenticate", `scope="a b:c"`},
		{"scope that is none", core.Error{Kind: core.InsufficientScope, Scopes: []string{"a\r\nX: y"}}, "Www-Authenticate", `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope this request needs"`},
		{"scopes of another kind", core.Error{Kind: core.Expired, Scopes: []string{"a"}}, "Www-Authenticate", `invalid for other reasons"`},
		{"step up", core.Error{Kind: core.StepUp, ACR: []string{"urn:a", "b"}, MaxAge: 90 * time.Second}, "Www-Authenticate", `acr_values="urn:a b", max_age="90"`},
		{"methods", core.Error{Kind: core.MethodNotAllowed, Methods: []string{"POST", "PUT"}}, "Allow", "POST, PUT"},
		{"seconds", core.Error{Kind: core.TooManyRequests, RetryAfter: 1001 * time.Millisecond}, "Retry-After", "2"},
		{"a nanosecond", core.Error{Kind: core.Unavailable, RetryAfter: 1}, "Retry-After", "1"},
	} {
		got := tt.err.Response().Header.Get(tt.field)
		if !strings.HasSuffix(got, tt.want) {
			t.Errorf("%s: got %q, want it to end in %q", tt.name, got, tt.want)
		}
		if through := coretest.MustNew(t, coretest.Accepting()).Reject(coretest.Get(), &tt.err).Header.Get(tt.field); through != got {
			t.Errorf("%s: Reject gives %q, Response %q", tt.name, through, got)
		}
	}
}
