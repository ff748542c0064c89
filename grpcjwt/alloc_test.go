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
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// most is what the interceptor may allocate above the same handler without it: the
// record, what core reads of the metadata, and the goroutine that asks the gate.
const most = 8

// handler makes one call, and counts those that reach the handler.
func handler(t testing.TB, gated bool, served *int) func() {
	claims, err := core.ParseClaims([]byte(`{"sub":"joe"}`))
	if err != nil {
		t.Fatal(err)
	}
	auth := core.Must(core.Config[*core.Claims]{ // what is left is the gate's and the adapter's own cost
		Decode: func(context.Context, string) (*core.Claims, error) { return claims, nil },
	})
	ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", "Bearer a.b.c", ":authority", "example.com"))
	ctx = peer.NewContext(ctx, &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 50000}})
	call := func(context.Context, any) (any, error) {
		*served++
		return nil, nil
	}
	if !gated {
		return func() { _, _ = call(ctx, nil) }
	}
	interceptor, info := grpcjwt.Unary(auth.Require()), &grpc.UnaryServerInfo{}
	return func() { _, _ = interceptor(ctx, nil, info, call) }
}

func TestAllocs(t *testing.T) {
	var allocs [2]float64
	for i, gated := range []bool{false, true} {
		served := 0
		allocs[i] = testing.AllocsPerRun(200, handler(t, gated, &served))
		if served != 201 { // AllocsPerRun runs it once before it counts
			t.Fatalf("the handler was reached %d times of 201", served)
		}
	}
	if over := allocs[1] - allocs[0]; over > most {
		t.Errorf("the interceptor allocates %v times above the handler's %v, want at most %d", over, allocs[0], most)
	}
}

func BenchmarkInterceptor(b *testing.B) {
	for _, bb := range []struct {
		name  string
		gated bool
	}{{"without", false}, {"with", true}} {
		var served int
		serve := handler(b, bb.gated, &served)
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
}
