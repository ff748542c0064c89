package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// prefix starts the names of the settings.
const prefix = "JWT_"

// service is what is the same on every framework: the Auth, and endpoints that
// see a core.Request and return a core.Response. An application with one
// framework would write its handlers for that, as the quickstarts do.
type service struct {
	auth   *core.Auth[*User]
	config core.Config[*User] // as the environment has made it
	flask  bool               // the preset: answers are Flask-JWT's
	ownKey bool               // the key was made at this start
	log    *slog.Logger
	// maxHeaderBytes leaves room for a token of the longest length allowed.
	maxHeaderBytes int
}

// newService makes the service that the environment describes. cost is bcrypt's.
func newService(flask bool, environ []string, log *slog.Logger, cost int) (*service, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	cfg := core.Config[*User]{
		Keys:     key,
		Scheme:   "Bearer",
		Sources:  []core.Source{core.HeaderSource{}},
		Login:    core.LoginConfig{Path: "/auth"},
		Identify: fromClaims,
	}
	payload := toClaims
	if flask {
		cfg = core.FlaskConfig[*User]()
		cfg.Identify, payload = fromIdentity, toIdentity
	}
	cfg.Login.UsernameField, cfg.Login.PasswordField = "username", "password"
	cfg.Observer = core.LogObserver(log)
	if err := cfg.ReadEnv(prefix, environ); err != nil {
		return nil, err
	}
	if cfg.Keys == nil {
		cfg.Keys = key
	}
	if slices.Contains([]string{"/", "/protected", "/open", "/healthz", "/.well-known/jwks.json"}, cfg.Login.Path) && !cfg.Login.NoRoute {
		return nil, fmt.Errorf("%sAUTH_URL_RULE: %s is taken by another route of this server; choose another path", prefix, cfg.Login.Path)
	}
	if k, ok := cfg.Keys.(interface{ CanSign() bool }); ok && k.CanSign() { // public keys alone: there is no login
		users, err := newUsers(cost)
		if err != nil {
			return nil, err
		}
		cfg.Authenticate, cfg.Payload = users.check, payload
	} else {
		cfg.Login.NoRoute = true
	}
	auth, err := core.New(cfg)
	if err != nil {
		return nil, err
	}
	return &service{
		auth:           auth,
		config:         cfg,
		flask:          flask,
		ownKey:         cfg.Keys == keys.Source(key),
		log:            log,
		maxHeaderBytes: 8<<10 + max(8<<10, cfg.Rules.MaxTokenBytes),
	}, nil
}

// watch follows the directory of keys, if they are in one, until ctx has ended.
func (s *service) watch(ctx context.Context) {
	if dir, ok := s.config.Keys.(*keys.Dir); ok {
		dir.Watch(ctx)
	}
}

// newKey makes a key that nobody else has and that ends with the process.
func newKey() (*keys.Key, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return keys.NewSecret(secret)
}

// protected answers with the claims of the token that the gate verified, or as
// the application in Flask-JWT's own tests did.
func (s *service) protected(r core.Request) core.Response {
	claims, ok := core.ClaimsOf(r.Context())
	switch {
	case !ok:
		return s.auth.Reject(r, core.ErrNoGate)
	case !slices.Contains([]string{"GET", "HEAD", "POST"}, r.Method()):
		return s.methodNotAllowed(r, "GET", "HEAD", "POST")
	case s.flask:
		header := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
		return core.Response{Status: http.StatusOK, Header: header, Body: []byte("success")}
	}
	return s.json(r, http.StatusOK, claims)
}

// open says who is there, also if it is nobody.
func (s *service) open(r core.Request) core.Response {
	if r.Method() != "GET" && r.Method() != "HEAD" {
		return s.methodNotAllowed(r, "GET", "HEAD")
	}
	user, ok := core.Identity[*User](r.Context())
	return s.json(r, http.StatusOK, struct {
		Anonymous bool  `json:"anonymous"`
		User      *User `json:"user"`
	}{!ok, user})
}

// health is for load balancers.
func (s *service) health(r core.Request) core.Response {
	if r.Method() != "GET" && r.Method() != "HEAD" {
		return s.methodNotAllowed(r, "GET", "HEAD")
	}
	return s.json(r, http.StatusOK, map[string]string{"status": "ok"})
}

// notFound answers for all other paths, in the words of no framework.
func (s *service) notFound(r core.Request) core.Response {
	return s.json(r, http.StatusNotFound, struct {
		Status      int    `json:"status_code"`
		Error       string `json:"error"`
		Description string `json:"description"`
	}{http.StatusNotFound, "Not Found", "There is nothing at this path"})
}

func (s *service) methodNotAllowed(r core.Request, methods ...string) core.Response {
	return s.auth.Reject(r, &core.Error{Kind: core.MethodNotAllowed, Methods: methods})
}

func (s *service) json(r core.Request, status int, v any) core.Response {
	res, err := core.JSONResponse(status, v)
	if err != nil {
		return s.auth.Reject(r, err)
	}
	return res
}
