package connectjwt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
)

type (
	empty = emptypb.Empty
	found = func(*adaptertest.User, bool, *core.Claims, bool)
)

// protocols are what clients speak.
var protocols = map[string]connect.ClientOption{
	"Connect":  connect.WithProtoJSON(),
	"gRPC":     connect.WithGRPC(),
	"gRPC-Web": connect.WithGRPCWeb(),
}

const procedure = "/test.v1.Outcomes/"

// way is one of the four ways of calling: its handler, which calls seen, and its call.
type way struct {
	name    string
	handler func(seen func(context.Context)) http.Handler
	call    func(ctx context.Context, c *connect.Client[empty, empty], header http.Header) error
}

var ways = []way{
	{"Unary", func(seen func(context.Context)) http.Handler {
		return connect.NewUnaryHandler(procedure+"Unary", func(ctx context.Context, _ *connect.Request[empty]) (*connect.Response[empty], error) {
			seen(ctx)
			return connect.NewResponse(&empty{}), nil
		}, connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	}, func(ctx context.Context, c *connect.Client[empty, empty], header http.Header) error {
		req := connect.NewRequest(&empty{})
		add(req.Header(), header)
		_, err := c.CallUnary(ctx, req)
		return err
	}},
	{"ClientStream", func(seen func(context.Context)) http.Handler {
		return connect.NewClientStreamHandler(procedure+"ClientStream", func(ctx context.Context, stream *connect.ClientStream[empty]) (*connect.Response[empty], error) {
			seen(ctx)
			for stream.Receive() {
			}
			return connect.NewResponse(&empty{}), stream.Err()
		})
	}, func(ctx context.Context, c *connect.Client[empty, empty], header http.Header) error {
		stream := c.CallClientStream(ctx)
		add(stream.RequestHeader(), header)
		_ = stream.Send(&empty{}) // io.EOF if it was refused before
		_, err := stream.CloseAndReceive()
		return err
	}},
	{"ServerStream", func(seen func(context.Context)) http.Handler {
		return connect.NewServerStreamHandler(procedure+"ServerStream", func(ctx context.Context, _ *connect.Request[empty], stream *connect.ServerStream[empty]) error {
			seen(ctx)
			return stream.Send(&empty{})
		})
	}, func(ctx context.Context, c *connect.Client[empty, empty], header http.Header) error {
		req := connect.NewRequest(&empty{})
		add(req.Header(), header)
		stream, err := c.CallServerStream(ctx, req)
		if err != nil {
			return err
		}
		defer func() { _ = stream.Close() }()
		for stream.Receive() {
		}
		return stream.Err()
	}},
	{"BothStream", func(seen func(context.Context)) http.Handler {
		return connect.NewBidiStreamHandler(procedure+"BothStream", func(ctx context.Context, stream *connect.BidiStream[empty, empty]) error {
			seen(ctx)
			if _, err := stream.Receive(); err != nil {
				return err
			}
			return stream.Send(&empty{})
		})
	}, func(ctx context.Context, c *connect.Client[empty, empty], header http.Header) error {
		stream := c.CallBidiStream(ctx)
		add(stream.RequestHeader(), header)
		_ = stream.Send(&empty{})
		_ = stream.CloseRequest()
		defer func() { _ = stream.CloseResponse() }()
		_, err := stream.Receive()
		return err
	}},
}

func add(to, from http.Header) {
	for name, values := range from {
		to[name] = values
	}
}

func TestOutcomes(t *testing.T) {
	for protocol, option := range protocols {
		for _, way := range ways {
			t.Run(protocol+"/"+way.name, func(t *testing.T) {
				adaptertest.RunOutcomes(t, adaptertest.Door{Name: way.name, Open: func(t *testing.T, gate core.Gate, found found) adaptertest.Call {
					call := open(t, way, connectjwt.Use(gate), found, option)
					return func(ctx context.Context, authorization ...string) adaptertest.Outcome {
						return read(t, call(ctx, http.Header{"Authorization": authorization}))
					}
				}})
			})
		}
	}
}

// open serves one procedure over HTTP/2 with TLS, which gRPC and a stream in both
// directions need, and returns how it is called.
func open(t testing.TB, way way, gate func(http.Handler) http.Handler, found found, option connect.ClientOption) func(context.Context, http.Header) error {
	t.Helper()
	mux := http.NewServeMux()
	connectjwt.Mount(mux, gate)(procedure, way.handler(func(ctx context.Context) {
		user, ok := connectjwt.Identity[*adaptertest.User](ctx)
		claims, has := connectjwt.Claims(ctx)
		found(user, ok, claims, has)
	}))
	server := httptest.NewUnstartedServer(mux)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := connect.NewClient[empty, empty](server.Client(), server.URL+procedure+way.name, option)
	return func(ctx context.Context, header http.Header) error { return way.call(ctx, client, header) }
}

// read reads an error as a client does.
func read(t *testing.T, err error) (got adaptertest.Outcome) {
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
		message, err := detail.Value()
		if err != nil {
			t.Fatal(err)
		}
		switch d := message.(type) {
		case *errdetails.ErrorInfo:
			got.Reason, got.Scopes = d.Reason, strings.Fields(d.Metadata["scope"])
			if d.Domain != connectjwt.Domain {
				t.Errorf("got the domain %q", d.Domain)
			}
		case *errdetails.RetryInfo:
			got.RetryAfter = d.RetryDelay.AsDuration()
		default:
			t.Errorf("got the detail %v", message)
		}
	}
	return got
}
