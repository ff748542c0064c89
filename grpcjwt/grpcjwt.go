// Package grpcjwt mounts jwtgate on gRPC servers, as interceptors, and has
// per-RPC credentials for clients. The token comes in the metadata, as the field
// authorization does over HTTP; a no is a status with a code and details.
package grpcjwt

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/textproto"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/internal/rpc"
)

// Domain is that of the ErrorInfo in a status of ours.
const Domain = "jwtgate"

// Require lets identified calls pass that all guards agree to, unary ones and
// streams: grpc.NewServer(grpcjwt.Require(auth)...). A stream is judged when it begins.
func Require[T any](auth *core.Auth[T], guards ...core.Guard) []grpc.ServerOption {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous calls pass too.
func Optional[T any](auth *core.Auth[T]) []grpc.ServerOption { return Use(auth.Optional()) }

// Use makes interceptors of any gate.
func Use(gate core.Gate) []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(Unary(gate)), grpc.ChainStreamInterceptor(Stream(gate))}
}

// Unary makes an interceptor of any gate: grpcjwt.Unary(auth.Require()). What a service
// needs beyond the gate of all is for a guard to say, which sees the method as
// Request.Path: "/orders.Orders/Delete".
func Unary(gate core.Gate) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := pass(ctx, gate)
		if err != nil {
			return nil, err
		}
		return handler(ctx, req)
	}
}

// Stream is Unary for streams.
func Stream(gate core.Gate) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := pass(stream.Context(), gate)
		if err != nil {
			return err
		}
		return handler(srv, passed{stream, ctx})
	}
}

// passed is a stream with a gate's context.
type passed struct {
	grpc.ServerStream
	ctx context.Context
}

// Context implements grpc.ServerStream.
func (p passed) Context() context.Context { return p.ctx }

// Identity returns what the gate before this handler identified.
func Identity[T any](ctx context.Context) (T, bool) { return core.Identity[T](ctx) }

// Claims returns the claims that the gate before this handler verified.
func Claims(ctx context.Context) (*core.Claims, bool) { return core.ClaimsOf(ctx) }

func pass(ctx context.Context, gate core.Gate) (context.Context, error) {
	ctx, res, ok := rpc.Ask(gate, request{ctx})
	if !ok {
		return nil, Error(res)
	}
	return ctx, nil
}

// Error is a no as a gRPC status: its code by the kind, the sentence for people as its
// message, and as details an ErrorInfo, whose reason is the public error code and whose
// metadata has the scopes that are wanted, and a RetryInfo if it is known when to come
// again. It is never nil: call it for a no alone.
func Error(res core.Response) error { return told(rpc.NoOf(res)) }

func told(no rpc.No) error {
	s := status.New(codes.Code(no.Code), no.Text)
	var details []protoadapt.MessageV1
	if no.Reason != "" {
		details = append(details, &errdetails.ErrorInfo{Reason: no.Reason, Domain: Domain, Metadata: no.Metadata})
	}
	if no.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(no.RetryAfter)})
	}
	if detailed, err := s.WithDetails(details...); err == nil {
		s = detailed
	}
	return s.Err()
}

// request is a call as core sees it: a POST of its full method, as it is over HTTP/2.
type request struct{ ctx context.Context }

func (r request) Context() context.Context { return r.ctx }
func (r request) Method() string           { return http.MethodPost }
func (r request) RawQuery() string         { return "" }
func (r request) Body() io.Reader          { return http.NoBody }
func (r request) Framework() string        { return "grpc" }
func (r request) Pattern() string          { return r.Path() }
func (r request) Protocol() string         { return "HTTP/2.0" }

func (r request) Path() string {
	method, _ := grpc.Method(r.ctx)
	return method
}

func (r request) Host() string {
	return strings.ToLower(strings.Join(metadata.ValueFromIncomingContext(r.ctx, ":authority"), ""))
}

func (r request) RemoteAddr() string {
	if p, ok := peer.FromContext(r.ctx); ok && p.Addr != nil {
		return p.Addr.String()
	}
	return ""
}

func (r request) TLS() *tls.ConnectionState {
	if p, ok := peer.FromContext(r.ctx); ok {
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			return &info.State
		}
	}
	return nil
}

func (r request) Scheme() string {
	if r.TLS() != nil {
		return "https"
	}
	return "http"
}

func (r request) Header(name string) (values []string) {
	for _, value := range metadata.ValueFromIncomingContext(r.ctx, strings.ToLower(name)) {
		values = append(values, textproto.TrimString(value))
	}
	return values
}
