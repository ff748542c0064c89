package main

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/jwtgate/jwtgate/grpcjwt"
)

// calls is a service of gRPC with a stream; that for health stands in its place.
type calls struct {
	grpc_health_v1.UnimplementedHealthServer
	*service
}

// grpc is the service on gRPC. Its tokens are those of the login over HTTP.
func (s *service) grpc() *grpc.Server {
	server := grpc.NewServer(grpcjwt.Require(s.auth)...) // and grpc.Creds, for TLS
	grpc_health_v1.RegisterHealthServer(server, calls{service: s})
	return server
}

// Watch is a stream that ends with its token or its session.
func (c calls) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	ctx, done := c.bound(stream.Context())
	defer done()
	if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}); err != nil {
		return err
	}
	<-ctx.Done() // in a select, beside what there is to send
	return grpcjwt.Ended(ctx)
}
