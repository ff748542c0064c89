package grpcjwt_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// TestCredentials: the token of each call arrives, and what Fetch says is the call's code.
func TestCredentials(t *testing.T) {
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret()})
	var says error
	creds, err := grpcjwt.NewCredentials(grpcjwt.ClientConfig{Fetch: func(ctx context.Context) (string, time.Time, error) {
		if says != nil {
			return "", time.Time{}, says
		}
		issued, err := auth.Issue(ctx, core.Moment{}, "joe")
		return issued.Token, time.Now(), err // so that each call needs one
	}})
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t)
	s, client := start(t, grpcjwt.Require(auth), &cert, grpc.WithPerRPCCredentials(creds))
	for name, tt := range map[string]struct {
		says error
		want codes.Code
	}{
		"a token":               {nil, codes.OK},
		"the provider is down":  {errors.New("dial tcp: refused"), codes.Unavailable},
		"the provider says no":  {status.Error(codes.PermissionDenied, "no"), codes.PermissionDenied},
		"a login that is wrong": {fmt.Errorf("login: %w", status.Error(codes.Unauthenticated, "no")), codes.Unauthenticated},
	} {
		says = tt.says
		err := calls["unary"](t.Context(), client)
		if status.Code(err) != tt.want {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if err == nil {
			<-s.said
		}
	}
	says = nil
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := calls["unary"](gone, client); status.Code(err) != codes.Canceled {
		t.Errorf("who does not wait: got %v", err)
	}
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
	if _, err := grpcjwt.NewCredentials(grpcjwt.ClientConfig{}); err == nil || !strings.HasPrefix(err.Error(), "grpcjwt: ClientConfig: Fetch is missing") {
		t.Errorf("got %v", err)
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
