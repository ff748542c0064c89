package main

import (
	"context"
	"net/http"

	golangjwt "github.com/golang-jwt/jwt/v5"
	grpcauth "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// The load speaks HTTP/1, so each request is handed to the interceptor as the call that
// gRPC's server would make of it: what is measured is the interceptor, on net/http.
var grpcContestants = []contestant{
	{"gRPC", bareName, "", grpcBuild(func(*fixture) (grpc.UnaryServerInterceptor, error) {
		return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return next(ctx, req)
		}, nil
	})},
	{"gRPC", floorName, "", grpcBuild(grpcFloor)},
	{"gRPC", refusalName, "", grpcBuild(grpcRefusal)},
	{"gRPC", oursName, "github.com/jwtgate/jwtgate", grpcBuild(grpcOurs(0))},
	{"gRPC", cachedName, "github.com/jwtgate/jwtgate", grpcBuild(grpcOurs(1024))},
	{"gRPC", "go-grpc-middleware", "github.com/grpc-ecosystem/go-grpc-middleware/v2", grpcBuild(grpcPeer)},
}

func grpcBuild(interceptor func(*fixture) (grpc.UnaryServerInterceptor, error)) func([]*fixture) (webapp, error) {
	return nethttpBuild(func(f *fixture) (func(http.Handler) http.Handler, error) {
		intercept, err := interceptor(f)
		if err != nil {
			return nil, err
		}
		info := &grpc.UnaryServerInfo{FullMethod: "/bench.v1.Bench/Call"}
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx := metadata.NewIncomingContext(r.Context(), metadata.MD{":authority": {r.Host}, "authorization": r.Header["Authorization"]})
				_, err := intercept(ctx, nil, info, func(context.Context, any) (any, error) {
					next.ServeHTTP(w, r)
					return nil, nil
				})
				if err != nil { // Unauthenticated, or TestMiddlewareVerifies fails
					w.WriteHeader(map[codes.Code]int{codes.Unauthenticated: 401}[status.Code(err)])
				}
			})
		}, nil
	})
}

func grpcFloor(*fixture) (grpc.UnaryServerInterceptor, error) {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		if len(metadata.ValueFromIncomingContext(ctx, "authorization")) == 0 {
			return nil, status.Error(codes.Unauthenticated, "no token")
		}
		return next(context.WithValue(ctx, floorKey{}, floorIdentity), req)
	}, nil
}

func grpcRefusal(f *fixture) (grpc.UnaryServerInterceptor, error) {
	no := grpcjwt.Error(missingAnswer(f))
	return func(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) { return nil, no }, nil
}

func grpcOurs(cacheTokens int) func(*fixture) (grpc.UnaryServerInterceptor, error) {
	return func(f *fixture) (grpc.UnaryServerInterceptor, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return grpcjwt.Unary(auth.Require()), nil
	}
}

func grpcPeer(f *fixture) (grpc.UnaryServerInterceptor, error) {
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{f.Alg}), golangjwt.WithExpirationRequired())
	keyfunc := func(*golangjwt.Token) (any, error) { return f.verify, nil }
	return grpcauth.UnaryServerInterceptor(func(ctx context.Context) (context.Context, error) {
		text, err := grpcauth.AuthFromMD(ctx, "bearer")
		if err != nil {
			return nil, err
		}
		token, err := parser.Parse(text, keyfunc)
		if err != nil {
			return nil, status.Error(codes.Unauthenticated, "bad token")
		}
		return context.WithValue(ctx, floorKey{}, token), nil
	}), nil
}
