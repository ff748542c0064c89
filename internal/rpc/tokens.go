package rpc

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ClientConfig is that of both adapters, whose comments say what the fields mean.
type ClientConfig struct {
	Fetch func(ctx context.Context) (token string, expires time.Time, err error)
	Early time.Duration
	Now   func() time.Time
}

// Tokens are a client's, one after the other.
type Tokens struct {
	ClientConfig
	turn chan held // holds the token while nobody looks at it
}

// NewTokens begins without a token. The error names what is wrong with the config.
func NewTokens(cfg ClientConfig) (*Tokens, error) {
	var wrong []error
	if cfg.Fetch == nil {
		wrong = append(wrong, errors.New("Fetch is missing: a function that returns a token"))
	}
	if cfg.Early < 0 {
		wrong = append(wrong, fmt.Errorf("Early is %v: give a positive duration, or 0 for 30s", cfg.Early))
	}
	if wrong != nil {
		return nil, fmt.Errorf("ClientConfig: %w", errors.Join(wrong...))
	}
	if cfg.Early == 0 {
		cfg.Early = 30 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	t := &Tokens{ClientConfig: cfg, turn: make(chan held, 1)}
	t.turn <- held{}
	return t, nil
}

// Token is the one that there is, or a new one. Whoever waits for a new one waits no
// longer than its own context.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	var now held
	select {
	case now = <-t.turn:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { t.turn <- now }()
	at := t.Now()
	if now.goodAt(at.Add(t.Early)) {
		return now.token, nil
	}
	fresh := held{}
	var err error
	if fresh.token, fresh.expires, err = t.Fetch(ctx); err == nil && fresh.token == "" {
		err = errors.New("Fetch returned an empty token")
	}
	if err == nil {
		now = fresh
		return now.token, nil
	}
	if now.goodAt(at) {
		return now.token, nil
	}
	return "", err
}

type held struct {
	token   string
	expires time.Time // zero: it does not
}

func (h held) goodAt(at time.Time) bool {
	return h.token != "" && (h.expires.IsZero() || at.Before(h.expires))
}
