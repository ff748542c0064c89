package grpcjwt_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// watcher streams until its token or its session has ended.
type watcher struct {
	grpc_health_v1.UnimplementedHealthServer
	until func(context.Context) (context.Context, context.CancelFunc)
}

func (w watcher) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	ctx, done := w.until(stream.Context())
	defer done()
	if err := stream.Send(&grpc_health_v1.HealthCheckResponse{}); err != nil {
		return err
	}
	<-ctx.Done()
	return grpcjwt.Ended(ctx)
}

// TestStreamsEnd: a stream that has begun ends with its token or its session, and the
// client is told which.
func TestStreamsEnd(t *testing.T) {
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	clock := jwttest.NewClock(time.Time{})
	auth := core.Must(core.Config[string]{
		Keys: jwttest.Secret(), Now: clock.Now, Sessions: core.SessionConfig{Store: store, Realm: "shop"},
		Renew: func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
	for _, tt := range []struct {
		name   string
		until  func(context.Context) (context.Context, context.CancelFunc)
		end    func(core.Issued) error
		code   codes.Code
		reason string
	}{
		{"the session", auth.UntilSession, func(i core.Issued) error { return auth.EndSession(t.Context(), i.Session.ID) }, codes.Unauthenticated, "session_ended"},
		{"the token", auth.UntilToken, func(core.Issued) error { clock.Advance(5 * time.Minute); return nil }, codes.Unauthenticated, "token_expired"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := grpc.NewServer(grpcjwt.Require(auth)...)
			grpc_health_v1.RegisterHealthServer(server, watcher{until: tt.until})
			go func() { _ = server.Serve(ln) }()
			t.Cleanup(server.Stop)
			conn, err := grpc.NewClient(ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
			if err != nil {
				t.Fatal(err)
			}
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+issued.Token)
			stream, err := grpc_health_v1.NewHealthClient(conn).Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); err != nil {
				t.Fatal(err)
			}
			if err := tt.end(issued); err != nil {
				t.Fatal(err)
			}
			_, err = stream.Recv()
			said(t, err, tt.code, tt.reason)
		})
	}
}

func said(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	s := status.Convert(err)
	var info *errdetails.ErrorInfo
	for _, d := range s.Details() {
		info, _ = d.(*errdetails.ErrorInfo)
	}
	if s.Code() != code || s.Message() != reason || info.GetReason() != reason || info.GetDomain() != grpcjwt.Domain {
		t.Errorf("got %v, with %v, want %v and %q", err, info, code, reason)
	}
}

// TestEnded: what no server here can show.
func TestEnded(t *testing.T) {
	for cause, want := range map[error]codes.Code{
		context.Canceled:            codes.Canceled,
		context.DeadlineExceeded:    codes.DeadlineExceeded,
		errors.New("the handler's"): codes.Unknown,
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		if cancel(cause); status.Code(grpcjwt.Ended(ctx)) != want {
			t.Errorf("%v: got %v, want %v", cause, grpcjwt.Ended(ctx), want)
		}
	}
	for cause, tt := range map[error]struct {
		code   codes.Code
		reason string
	}{
		&core.Error{Kind: core.Unavailable, Cause: core.ErrUnconfirmed}: {codes.Unavailable, "temporarily_unavailable"},
		core.ErrTokenRevoked: {codes.Unauthenticated, "token_revoked"},
		core.ErrNoGate:       {codes.Internal, "server_error"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		said(t, grpcjwt.Ended(ctx), tt.code, tt.reason)
	}
}
