package main

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/logins"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// service is what is the same on every framework: the Auth, and endpoints that
// see a core.Request and return a core.Response. An application with one
// framework would write its handlers for that, as the quickstarts do.
type service struct {
	auth  *core.Auth[*User]
	files map[string]core.Response
	log   *slog.Logger

	mu    sync.Mutex
	notes map[string]string // by the user's id; there are no more than users
}

// newService makes the service. lifetime is an access token's, cost bcrypt's.
func newService(lifetime time.Duration, doubleSubmit bool, log *slog.Logger, cost int) (*service, error) {
	users, err := newUsers(cost)
	if err != nil {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	observer := core.LogObserver(log)
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{Observer: core.StoreObserver(observer)}) // with a Journal, a restart logs nobody out
	if err != nil {
		return nil, err
	}
	limiter, err := logins.NewLimiter(logins.Limits{})
	if err != nil {
		return nil, err
	}
	cfg := core.Config[*User]{
		Keys:         key,
		Lifetime:     lifetime,
		Authenticate: users.check,
		Payload:      users.claims,
		Identify:     users.fromClaims,
		Renew:        users.renew,
		Throttle:     limiter.Allow,
		Observer:     observer,
		Sessions:     core.SessionConfig{Store: store, Realm: "notes", Label: label, Cookies: &core.SessionCookies{}},
	}
	if doubleSubmit {
		secret, err := newKey()
		if err != nil {
			return nil, err
		}
		cfg.Sources = []core.Source{core.HeaderSource{}, core.CookieSource{DoubleSubmit: secret}}
	}
	auth, err := core.New(cfg)
	if err != nil {
		return nil, err
	}
	files, err := readFiles()
	return &service{auth: auth, files: files, log: log, notes: map[string]string{}}, err
}

// newKey makes a key that nobody else has and that ends with the process.
func newKey() (*keys.Key, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return keys.NewSecret(secret)
}

// me says who is logged in, and how long the access token is good for: a page
// that was opened again cannot know, since it cannot read the token.
func (s *service) me(r core.Request) core.Response {
	user, known := core.Identity[*User](r.Context())
	claims, verified := core.ClaimsOf(r.Context())
	switch {
	case !known || !verified:
		return s.auth.Reject(r, core.ErrNoGate)
	case r.Method() != http.MethodGet && r.Method() != http.MethodHead:
		return s.auth.Reject(r, &core.Error{Kind: core.MethodNotAllowed, Methods: []string{"GET", "HEAD"}})
	}
	expires, _ := claims.ExpiresAt()
	return s.json(r, struct {
		Name      string `json:"name"`
		ExpiresIn int    `json:"expires_in"`
	}{user.Name, max(0, int(time.Until(expires)/time.Second))})
}

// maxNote is the longest note, in bytes.
const maxNote = 1 << 10

// note keeps a note for each user. It takes the body as it is, so that a form on
// any page could post one: what keeps such a page out is the gate before this.
func (s *service) note(r core.Request) core.Response {
	user, known := core.Identity[*User](r.Context())
	if !known {
		return s.auth.Reject(r, core.ErrNoGate)
	}
	switch r.Method() {
	case http.MethodPost:
		text, err := io.ReadAll(io.LimitReader(r.Body(), maxNote+1))
		switch {
		case err != nil || !utf8.Valid(text):
			return s.auth.Reject(r, &core.Error{Kind: core.BadRequest, Cause: errors.Join(err, errors.New("the note is not UTF-8"))})
		case len(text) > maxNote:
			return s.auth.Reject(r, core.TooLarge)
		}
		s.mu.Lock()
		s.notes[user.ID] = string(text)
		s.mu.Unlock()
	case http.MethodGet, http.MethodHead:
	default:
		return s.auth.Reject(r, &core.Error{Kind: core.MethodNotAllowed, Methods: []string{"GET", "HEAD", "POST"}})
	}
	s.mu.Lock()
	text := s.notes[user.ID]
	s.mu.Unlock()
	return s.json(r, map[string]string{"text": text})
}

// json answers with what belongs to one user: nobody keeps it, and no page of
// another origin gets it as an image or a script.
func (s *service) json(r core.Request, v any) core.Response {
	res, err := core.JSONResponse(http.StatusOK, v)
	if err != nil {
		return s.auth.Reject(r, err)
	}
	res.Header.Set("Cache-Control", "no-store")
	res.Header.Set("Cross-Origin-Resource-Policy", "same-origin")
	res.Header.Set("X-Content-Type-Options", "nosniff")
	return res
}
