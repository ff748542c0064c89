//go:build !race

package grpcjwt_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// most is what the interceptor may allocate above the same handler without it: the
// record, what core reads of the metadata, and the goroutine that asks the gate.
const most = 8

func serving(_ testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", "Bearer a.b.c", ":authority", "example.com"))
	ctx = peer.NewContext(ctx, &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 50000}})
	call := func(context.Context, any) (any, error) {
		*reached++
		return nil, nil
	}
	if auth == nil {
		return func() { _, _ = call(ctx, nil) }
	}
	interceptor, info := grpcjwt.Unary(auth.Require()), &grpc.UnaryServerInfo{}
	return func() { _, _ = interceptor(ctx, nil, info, call) }
}

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkInterceptor(b *testing.B) { adaptertest.Benchmark(b, serving) }
