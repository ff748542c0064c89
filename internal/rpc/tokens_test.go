package rpc_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/internal/rpc"
)

var errDown = errors.New("the provider is down")

// TestTokens: a client has a token over the end of each.
func TestTokens(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	fetched, says := 0, error(nil)
	tokens, err := rpc.NewTokens(rpc.ClientConfig{Now: clock.Now, Fetch: func(context.Context) (string, time.Time, error) {
		fetched++
		return strconv.Itoa(fetched), clock.Now().Add(5 * time.Minute), says
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		advance time.Duration
		says    error
		want    string
		fetched int
	}{
		{"the first call", 0, nil, "1", 1},
		{"the same token", 4 * time.Minute, nil, "1", 1},
		{"early", 31 * time.Second, nil, "2", 2},
		{"early, and the provider is down", 4*time.Minute + 31*time.Second, errDown, "2", 3},
		{"late, and the provider is down", 30 * time.Second, errDown, "", 4},
		{"the provider is back", 0, nil, "5", 5},
	} {
		clock.Advance(tt.advance)
		says = tt.says
		got, err := tokens.Token(t.Context())
		if got != tt.want || fetched != tt.fetched || (err != nil) != (tt.want == "") || err != nil && err != errDown {
			t.Errorf("%s: got %q, %v after %d fetches, want %q after %d", tt.name, got, err, fetched, tt.want, tt.fetched)
		}
	}
}

// TestNoEnd: a token without an end serves for good, and an empty one is none.
func TestNoEnd(t *testing.T) {
	clock, next := jwttest.NewClock(time.Time{}), ""
	tokens, err := rpc.NewTokens(rpc.ClientConfig{Now: clock.Now, Fetch: func(context.Context) (string, time.Time, error) {
		return next, time.Time{}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tokens.Token(t.Context()); err == nil {
		t.Errorf("an empty token: got %q", got)
	}
	next = "for good"
	for range 2 {
		if got, err := tokens.Token(t.Context()); got != "for good" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		next = "another"
		clock.Advance(10 * 365 * 24 * time.Hour)
	}
}

// TestOneFetch: many calls at once fetch one token, and nobody waits beyond its context.
func TestOneFetch(t *testing.T) {
	begun, proceed := make(chan struct{}), make(chan struct{})
	tokens, err := rpc.NewTokens(rpc.ClientConfig{Fetch: func(context.Context) (string, time.Time, error) {
		close(begun) // panics if it is called twice
		<-proceed
		return "one", time.Time{}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := tokens.Token(t.Context()); got != "one" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	<-begun
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tokens.Token(short); !errors.Is(err, context.Canceled) {
		t.Errorf("who does not wait: got %v", err)
	}
	close(proceed)
	wg.Wait()
}

// TestConfig: all that is wrong is said at once.
func TestConfig(t *testing.T) {
	for _, cfg := range []rpc.ClientConfig{{}, {Early: -1}} {
		if _, err := rpc.NewTokens(cfg); err == nil || !strings.Contains(err.Error(), "Fetch") || strings.Contains(err.Error(), "Early") != (cfg.Early < 0) {
			t.Errorf("%+v: got %v", cfg, err)
		}
	}
}
