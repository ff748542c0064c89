// Package modules_test starts the quickstarts of the adapters that are modules of
// their own.
package modules_test

import (
	"encoding/json"
	"runtime"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	// What the quickstarts are made of belongs to the test binary, so that a change
	// there runs them again.
	_ "github.com/jwtgate/jwtgate/echov5jwt"
	_ "github.com/jwtgate/jwtgate/fiberv3jwt"
	_ "github.com/jwtgate/jwtgate/grpcjwt"
	_ "github.com/jwtgate/jwtgate/hertzjwt"
	"github.com/jwtgate/jwtgate/internal/program"
	_ "github.com/jwtgate/jwtgate/mcpjwt"
)

func TestQuickstarts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent an interrupt on Windows")
	}
	for _, name := range []string{"echov5", "fiberv3", "hertz", "grpc"} {
		t.Run(name, func(t *testing.T) {
			program.Program{Name: "quickstart-" + name}.Start(t).Quickstart(t)
		})
	}
}

// TestGRPC: the token of the login over HTTP is good for the gRPC service.
func TestGRPC(t *testing.T) {
	s := program.Program{Name: "quickstart-grpc"}.Start(t)
	var login struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(s.Call(t, "POST", "/auth", "", `{"username":"joe","password":"pass"}`, 200), &login); err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(s.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for token, want := range map[string]codes.Code{login.Token: codes.OK, login.Token + "x": codes.Unauthenticated} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
		if _, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}); status.Code(err) != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestMain(m *testing.M) { program.Main(m) }
