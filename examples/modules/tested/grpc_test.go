package tested_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/examples/tested"
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// health is the service: it serves joe alone.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
}

func (health) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	res := &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_NOT_SERVING}
	if name, _ := grpcjwt.Identity[string](ctx); name == "joe" {
		res.Status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	return res, nil
}

func TestGRPC(t *testing.T) {
	ln := bufconn.Listen(1 << 16)
	server := grpc.NewServer(grpcjwt.Require(tested.NewAuth(t), core.Scopes("health"))...)
	grpc_health_v1.RegisterHealthServer(server, health{})
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return ln.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	for _, tt := range []struct {
		name, user, scope string
		code              codes.Code
		status            grpc_health_v1.HealthCheckResponse_ServingStatus
	}{
		{"nobody", "", "", codes.Unauthenticated, 0},
		{"without the scope", "joe", "other", codes.PermissionDenied, 0},
		{"joe", "joe", "health", codes.OK, grpc_health_v1.HealthCheckResponse_SERVING},
		{"ann", "ann", "health", codes.OK, grpc_health_v1.HealthCheckResponse_NOT_SERVING},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			if tt.user != "" {
				name, value := jwttest.AsHeader(tt.user, core.Payload{"scope": tt.scope})
				ctx = metadata.AppendToOutgoingContext(ctx, name, value)
			}
			res, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
			if status.Code(err) != tt.code || res.GetStatus() != tt.status {
				t.Errorf("got %v, %v; want %v, %v", res, err, tt.status, tt.code)
			}
		})
	}
}
