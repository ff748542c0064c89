package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
)

// User is the application's identity.
type User struct {
	Name string `json:"sub"`
	Role string `json:"role"`
	Do   string `json:"do"` // what the next step is to return
}

// outcome is what a callback can return, by name.
func outcome(ctx context.Context, name string) error {
	switch name {
	case "", "nobody":
		return nil
	case "panic":
		panic("this is told to nobody")
	case "panic with a kind":
		panic(core.MissingToken)
	case "panic with http.ErrAbortHandler":
		panic(http.ErrAbortHandler)
	case "Goexit":
		runtime.Goexit()
	case "wait":
		<-ctx.Done()
		return ctx.Err()
	}
	err, ok := outcomes[name]
	if !ok {
		panic("no outcome is called " + name)
	}
	return err
}

var errStore = errors.New("dial tcp 10.0.0.7:5432: connection refused")

var outcomes = map[string]error{
	"an error":        errStore,
	"canceled":        context.Canceled,
	"deadline":        fmt.Errorf("store: %w", context.DeadlineExceeded),
	"typed nil":       (*core.Error)(nil),
	"kind 0":          core.Kind(0),
	"kind 255":        core.Kind(255),
	"revoked":         core.Revoked,
	"missing":         core.MissingToken,
	"forbidden":       core.Forbidden,
	"wrapped":         fmt.Errorf("accounts: %w", core.Forbidden),
	"joined":          errors.Join(errStore, core.Forbidden),
	"scope":           &core.Error{Kind: core.InsufficientScope, Scopes: []string{"orders:write", "orders:read"}},
	"step up":         &core.Error{Kind: core.StepUp, ACR: []string{"urn:mfa", `"quoted"`}, MaxAge: 90 * time.Second},
	"csrf":            core.CSRF,
	"bad credentials": core.BadCredentials,
	"too many":        &core.Error{Kind: core.TooManyRequests, RetryAfter: 1500 * time.Millisecond},
	"unavailable":     core.Unavailable,
	"retry":           &core.Error{Kind: core.Unavailable, Cause: errStore, RetryAfter: time.Minute},

	"jwt malformed":   fmt.Errorf("%w: too many dots", jwt.ErrTokenMalformed),
	"jwt signature":   jwt.ErrTokenSignatureInvalid,
	"jwt expired":     errors.Join(jwt.ErrTokenInvalidClaims, jwt.ErrTokenExpired),
	"jwt forged":      errors.Join(jwt.ErrTokenSignatureInvalid, jwt.ErrTokenExpired),
	"jwt not yet":     errors.Join(jwt.ErrTokenInvalidClaims, jwt.ErrTokenNotValidYet),
	"jwt issuer":      errors.Join(jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidIssuer),
	"jwt audience":    errors.Join(jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidAudience),
	"jwt claims":      jwt.ErrTokenInvalidClaims,
	"jwt no key":      errors.Join(jwt.ErrTokenUnverifiable, errStore),
	"jwt wrong key":   errors.Join(jwt.ErrTokenSignatureInvalid, jwt.ErrInvalidKeyType),
	"jwt bad key":     errors.Join(jwt.ErrTokenSignatureInvalid, jwt.ErrInvalidKey),
	"jwt no such sum": jwt.ErrHashUnavailable,
}

func identify(ctx context.Context, c *core.Claims) (*User, error) {
	u := new(User)
	if err := c.Decode(u); err != nil {
		return nil, &core.Error{Kind: core.BadClaim, Cause: err}
	}
	if err := outcome(ctx, u.Do); err != nil {
		return u, err // the value beside an error counts for nothing
	}
	if u.Name == "" || u.Do == "nobody" {
		return nil, nil
	}
	return u, nil
}

// authenticate knows joe and ann. Of a username "do: x" it returns the outcome
// x, and of "payload: x" a user whose payload does.
func authenticate(ctx context.Context, c core.Credentials) (*User, error) {
	if do, ok := strings.CutPrefix(c.Username, "do: "); ok {
		return nil, outcome(ctx, do)
	}
	if do, ok := strings.CutPrefix(c.Username, "payload: "); ok {
		return &User{Name: "joe", Role: "user", Do: do}, nil
	}
	var more struct {
		Role string `json:"role"`
	}
	if err := c.Decode(&more); err != nil {
		return nil, core.BadCredentials
	}
	if password, ok := map[string]string{"joe": "pass", "ann": "passe-partout"}[c.Username]; !ok || password != c.Password {
		return nil, core.BadCredentials
	}
	if more.Role == "" {
		more.Role = "user"
	}
	return &User{Name: c.Username, Role: more.Role}, nil
}

// userClaims names jti, so that all frameworks issue the same token.
func userClaims(ctx context.Context, u *User) (core.Payload, error) {
	if u.Do == "nobody" {
		return nil, nil
	}
	if err := outcome(ctx, u.Do); err != nil {
		return nil, err
	}
	return core.Payload{"sub": u.Name, "role": u.Role, "jti": "1"}, nil
}
