package grpcjwt_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// TestCredentials: a client calls on, over the end of its tokens.
func TestCredentials(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret(), Now: clock.Now})
	var fetched atomic.Int64
	var down atomic.Bool
	creds, err := grpcjwt.NewCredentials(grpcjwt.ClientConfig{Now: clock.Now, Fetch: func(ctx context.Context) (string, time.Time, error) {
		fetched.Add(1)
		if down.Load() {
			return "", time.Time{}, errors.New("the provider is down")
		}
		issued, err := auth.Issue(ctx, core.Moment{}, "joe")
		return issued.Token, clock.Now().Add(5 * time.Minute), err
	}})
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t)
	s, client := start(t, grpcjwt.Require(auth), &cert, grpc.WithPerRPCCredentials(creds))
	for _, tt := range []struct {
		name    string
		advance time.Duration
		down    bool
		want    codes.Code
		fetched int64
	}{
		{"the first call", 0, false, codes.OK, 1},
		{"the same token", 4 * time.Minute, false, codes.OK, 1},
		{"early", 31 * time.Second, false, codes.OK, 2},
		{"early, and the provider is down", 4*time.Minute + 31*time.Second, true, codes.OK, 3},
		{"late, and the provider is down", 30 * time.Second, true, codes.Unavailable, 4},
		{"the provider is back", 0, false, codes.OK, 5},
	} {
		clock.Advance(tt.advance)
		down.Store(tt.down)
		err := calls["unary"](t.Context(), client)
		if status.Code(err) != tt.want || fetched.Load() != tt.fetched {
			t.Errorf("%s: got %v after %d fetches, want %v after %d", tt.name, err, fetched.Load(), tt.want, tt.fetched)
		}
		if err == nil {
			<-s.said
		}
	}
}

// TestOneFetch: many calls at once fetch one token, and nobody waits beyond its context.
func TestOneFetch(t *testing.T) {
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret()})
	begun, proceed := make(chan struct{}), make(chan struct{})
	creds, err := grpcjwt.NewCredentials(grpcjwt.ClientConfig{Fetch: func(ctx context.Context) (string, time.Time, error) {
		close(begun) // panics if it is called twice
		<-proceed
		issued, err := auth.Issue(ctx, core.Moment{}, "joe")
		return issued.Token, time.Time{}, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t)
	s, client := start(t, grpcjwt.Require(auth), &cert, grpc.WithPerRPCCredentials(creds))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := calls["unary"](t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
	<-begun
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if err := calls["unary"](short, client); status.Code(err) != codes.Canceled {
		t.Errorf("who does not wait: got %v", err)
	}
	close(proceed)
	for range 8 {
		<-s.said
	}
	wg.Wait()
}

// TestTLSOnly: no token goes over a connection without TLS.
func TestTLSOnly(t *testing.T) {
	creds, err := grpcjwt.NewCredentials(grpcjwt.ClientConfig{Fetch: func(context.Context) (string, time.Time, error) {
		t.Error("a token was fetched")
		return "", time.Time{}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := grpc.NewClient("127.0.0.1:1", grpc.WithPerRPCCredentials(creds), grpc.WithTransportCredentials(insecure.NewCredentials())); err == nil {
		t.Error("a client without TLS takes the credentials")
	}
	if _, err := creds.GetRequestMetadata(t.Context()); err == nil {
		t.Error("a token is given for a connection of unknown security")
	}
	for _, cfg := range []grpcjwt.ClientConfig{{}, {Early: -1}} {
		if _, err := grpcjwt.NewCredentials(cfg); err == nil || !strings.Contains(err.Error(), "Fetch") || strings.Contains(err.Error(), "Early") != (cfg.Early < 0) {
			t.Errorf("%+v: got %v", cfg, err)
		}
	}
}

func ExampleNewCredentials() {
	creds, err := grpcjwt.NewCredentials(grpcjwt.ClientConfig{
		Fetch: func(context.Context) (string, time.Time, error) { // a login, an exchange of a refresh token
			return "eyJ…", time.Now().Add(5 * time.Minute), nil
		},
	})
	fmt.Println(creds.RequireTransportSecurity(), err)
	_ = grpc.WithPerRPCCredentials(creds) // for grpc.NewClient, beside WithTransportCredentials
	// Output: true <nil>
}
