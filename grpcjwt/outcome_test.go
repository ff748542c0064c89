package grpcjwt_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// ways are the four of calling, as methods of a service.
var ways = []grpc.StreamDesc{
	{StreamName: "Unary"},
	{StreamName: "ClientStream", ClientStreams: true},
	{StreamName: "ServerStream", ServerStreams: true},
	{StreamName: "BothStream", ClientStreams: true, ServerStreams: true},
}

func TestOutcomes(t *testing.T) {
	for _, way := range ways {
		t.Run(way.StreamName, func(t *testing.T) {
			adaptertest.RunOutcomes(t, adaptertest.Door{Name: way.StreamName, Open: func(t *testing.T, gate core.Gate, found found) adaptertest.Call {
				return open(t, way, grpcjwt.Use(gate), found)
			}})
		})
	}
}

type found = func(*adaptertest.User, bool, *core.Claims, bool)

// open serves one method. Its handler answers with nothing, which is one message.
func open(t *testing.T, way grpc.StreamDesc, gate []grpc.ServerOption, found found) adaptertest.Call {
	t.Helper()
	seen := func(ctx context.Context) {
		user, ok := grpcjwt.Identity[*adaptertest.User](ctx)
		claims, has := grpcjwt.Claims(ctx)
		found(user, ok, claims, has)
	}
	service := grpc.ServiceDesc{ServiceName: "test.Outcomes", HandlerType: (*any)(nil)}
	if way.ClientStreams || way.ServerStreams {
		way.Handler = func(_ any, stream grpc.ServerStream) error {
			seen(stream.Context())
			if err := stream.RecvMsg(&emptypb.Empty{}); err != nil {
				return err
			}
			return stream.SendMsg(&emptypb.Empty{})
		}
		service.Streams = []grpc.StreamDesc{way}
	} else {
		service.Methods = []grpc.MethodDesc{{MethodName: way.StreamName, Handler: func(srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			if err := decode(&emptypb.Empty{}); err != nil {
				return nil, err
			}
			return intercept(ctx, nil, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/test.Outcomes/Unary"}, func(ctx context.Context, _ any) (any, error) {
				seen(ctx)
				return &emptypb.Empty{}, nil
			})
		}}}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(gate...)
	server.RegisterService(&service, nil)
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return func(ctx context.Context, authorization ...string) adaptertest.Outcome {
		for _, value := range authorization {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
		}
		stream, err := conn.NewStream(ctx, &way, "/test.Outcomes/"+way.StreamName)
		if err != nil {
			t.Fatal(err)
		}
		_ = stream.SendMsg(&emptypb.Empty{}) // io.EOF if it was refused before
		_ = stream.CloseSend()
		return read(t, stream.RecvMsg(&emptypb.Empty{}))
	}
}

// spelled is a code as Connect writes it.
var spelled = map[codes.Code]string{
	codes.OK: "", codes.Unauthenticated: "unauthenticated", codes.PermissionDenied: "permission_denied",
	codes.ResourceExhausted: "resource_exhausted", codes.Unavailable: "unavailable", codes.Internal: "internal",
}

// read reads an error as a client does.
func read(t *testing.T, err error) (got adaptertest.Outcome) {
	t.Helper()
	s := status.Convert(err)
	got.Text = s.Message()
	var ok bool
	if got.Code, ok = spelled[s.Code()]; !ok {
		t.Fatalf("got %v", err)
	}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			got.Reason, got.Scopes = d.Reason, strings.Fields(d.Metadata["scope"])
			if d.Domain != grpcjwt.Domain {
				t.Errorf("got the domain %q", d.Domain)
			}
		case *errdetails.RetryInfo:
			got.RetryAfter = d.RetryDelay.AsDuration()
		default:
			t.Errorf("got the detail %v", detail)
		}
	}
	return got
}

// TestMode: Require and Optional are the gates of those names.
func TestMode(t *testing.T) {
	auth := core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret()})
	for name, tt := range map[string]struct {
		gate []grpc.ServerOption
		want string
	}{
		"require":  {grpcjwt.Require(auth), "unauthenticated"},
		"optional": {grpcjwt.Optional(auth), ""},
	} {
		for _, way := range ways {
			call := open(t, way, tt.gate, func(*adaptertest.User, bool, *core.Claims, bool) {})
			if got := call(t.Context()); got.Code != tt.want {
				t.Errorf("%s, %s: got %+v", name, way.StreamName, got)
			}
		}
	}
}
