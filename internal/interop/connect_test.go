package interop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
)

// TestConnectV2: connectjwt, which requires version 1, has the same outcomes with
// servers and clients of version 2, and its transport brings them their tokens.
func TestConnectV2(t *testing.T) {
	for protocol, option := range map[string]connecthttp.Option{
		"Connect":  connecthttp.WithProtoJSON(),
		"gRPC":     connecthttp.WithGRPC(),
		"gRPC-Web": connecthttp.WithGRPCWeb(),
	} {
		for kind, streams := range map[string]connect.StreamType{"unary": connect.StreamTypeUnary, "both": connect.StreamTypeBidi} {
			spec := connect.Spec{StreamType: streams, Procedure: "/test.v1.Outcomes/Call"}
			t.Run(protocol+"/"+kind, func(t *testing.T) {
				adaptertest.RunOutcomes(t, adaptertest.Door{Name: protocol, Open: func(t *testing.T, gate core.Gate, found func(*adaptertest.User, bool, *core.Claims, bool)) adaptertest.Call {
					service := connect.NewServer()
					service.Register(connect.Method{Spec: spec, Handler: func(ctx context.Context, _ connect.Spec, stream connect.ServerStream) error {
						user, ok := connectjwt.Identity[*adaptertest.User](ctx)
						claims, has := connectjwt.Claims(ctx)
						found(user, ok, claims, has)
						if err := stream.Receive(&emptypb.Empty{}); err != nil {
							return err
						}
						return stream.Send(&emptypb.Empty{})
					}})
					mux := http.NewServeMux()
					connecthttp.Mount(mux, service)
					server := httptest.NewUnstartedServer(connectjwt.Use(gate)(mux))
					server.EnableHTTP2 = true
					server.StartTLS()
					t.Cleanup(server.Close)
					return func(ctx context.Context, authorization ...string) adaptertest.Outcome {
						client := connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: sending(t, server, authorization)}, server.URL, option))
						return outcomeOf(t, callOf(ctx, client, spec))
					}
				}})
			})
		}
	}
}

// sending sends a bearer token by connectjwt's transport, and all else as it is.
func sending(t *testing.T, server *httptest.Server, authorization []string) http.RoundTripper {
	base := server.Client().Transport
	if len(authorization) == 1 {
		if token, ok := strings.CutPrefix(authorization[0], "Bearer "); ok {
			transport, err := connectjwt.NewTransport(connectjwt.ClientConfig{Fetch: func(context.Context) (string, time.Time, error) {
				return token, time.Time{}, nil
			}}, base)
			if err != nil {
				t.Fatal(err)
			}
			return transport
		}
	}
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header["Authorization"] = authorization
		return base.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func callOf(ctx context.Context, client *connect.Client, spec connect.Spec) error {
	if spec.StreamType == connect.StreamTypeUnary {
		return client.CallUnary(ctx, spec, &emptypb.Empty{}, &emptypb.Empty{})
	}
	stream, err := client.CallClientStream(ctx, spec)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	_ = stream.Send(&emptypb.Empty{}) // io.EOF if it was refused before
	_ = stream.CloseSend()
	return stream.Receive(&emptypb.Empty{})
}

func outcomeOf(t *testing.T, err error) (got adaptertest.Outcome) {
	t.Helper()
	if err == nil {
		return got
	}
	var e *connect.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	got.Code, got.Text = e.Code().String(), e.Message()
	for _, detail := range e.Details() {
		message, err := connectproto.UnmarshalErrorDetail(detail)
		if err != nil {
			t.Fatal(err)
		}
		switch d := message.(type) {
		case *errdetails.ErrorInfo:
			got.Reason, got.Scopes = d.Reason, strings.Fields(d.Metadata["scope"])
		case *errdetails.RetryInfo:
			got.RetryAfter = d.RetryDelay.AsDuration()
		}
	}
	return got
}
