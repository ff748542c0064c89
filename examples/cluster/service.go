package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/logins"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// hashes are the users, and bcrypt of their passwords: joe's is pass, ann's is word.
var hashes = map[string][]byte{
	"joe": []byte("$2a$10$Gk92IiRVAD3/eXBWHzP2MOBROFAED.b./1dgTW8ISjGhy.KATZvii"),
	"ann": []byte("$2a$10$tUe3nDvX9fT2tMAJfBHZ0ukNwD9kitVbGWN393QCvUp.lhJnHrimm"),
}

// service is what is the same on every node.
type service struct {
	name  string
	auth  *core.Auth[string]
	store *redisstore.Store
	redis redis.UniversalClient
}

// newService makes the service of a node. All nodes need the same secret, and the
// same Redis.
func newService(name, addrs, secret string, staleness time.Duration, log *slog.Logger) (*service, error) {
	key, err := keys.NewSecret([]byte(secret))
	if err != nil {
		return nil, fmt.Errorf("CLUSTER_SECRET: %w", err)
	}
	fits, err := logins.NewPasswordCheck(
		func(password []byte) ([]byte, error) {
			return bcrypt.GenerateFromPassword(password, bcrypt.DefaultCost)
		},
		bcrypt.CompareHashAndPassword)
	if err != nil {
		return nil, err
	}
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 strings.Split(addrs, ","),
		ContextTimeoutEnabled: true, // or no deadline would reach Redis
	})
	observer := core.LogObserver(log)
	store, err := redisstore.New(client, redisstore.Config{Staleness: staleness, Observer: observer})
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[string]{
		Keys:     key,
		Observer: observer,
		Authenticate: func(ctx context.Context, c core.Credentials) (string, error) {
			if ok, err := fits(ctx, hashes[c.Username], c.Password); !ok {
				return "", err // without an error it is nobody: 401
			}
			return c.Username, nil
		},
		Renew: func(_ context.Context, s sessions.Session) (string, error) {
			if hashes[s.Subject] == nil {
				return "", core.UnknownIdentity // the session ends with its user
			}
			return s.Subject, nil
		},
		Sessions: core.SessionConfig{
			Store: store,
			Realm: "cluster",
			Label: func(r core.Request) string { return strings.Join(r.Header("User-Agent"), " ") },
		},
	})
	if err != nil {
		return nil, err
	}
	return &service{name, auth, store, client}, nil
}

// close ends the node's use of Redis.
func (s *service) close() {
	_ = s.store.Close()
	_ = s.redis.Close()
}

// me says who is there, and which node says so.
func (s *service) me(r core.Request) core.Response {
	user, err := s.auth.Identity(r.Context())
	if err != nil {
		return s.auth.Reject(r, err)
	}
	res, err := core.JSONResponse(http.StatusOK, map[string]string{"user": user, "node": s.name})
	if err != nil {
		return s.auth.Reject(r, err)
	}
	return res
}
