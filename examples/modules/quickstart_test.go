// Package modules_test starts the quickstarts of the adapters that are modules of
// their own.
package modules_test

import (
	"encoding/json"
	"net/http"
	"runtime"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	// What the quickstarts are made of belongs to the test binary, so that a change
	// there runs them again.
	_ "github.com/jwtgate/jwtgate/connectjwt"
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
	for _, name := range []string{"connect", "echov5", "fiberv3", "grpc", "hertz"} {
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

// TestConnect: it is good for a service of Connect's, whatever the client speaks.
func TestConnect(t *testing.T) {
	s := program.Program{Name: "quickstart-connect"}.Start(t)
	var login struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(s.Call(t, "POST", "/auth", "", `{"username":"joe","password":"pass"}`, 200), &login); err != nil {
		t.Fatal(err)
	}
	http2 := new(http.Protocols)
	http2.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: http2}}
	for name, option := range map[string]connect.ClientOption{"Connect": connect.WithProtoJSON(), "gRPC": connect.WithGRPC(), "gRPC-Web": connect.WithGRPCWeb()} {
		greet := connect.NewClient[emptypb.Empty, wrapperspb.StringValue](client, "http://"+s.Addr+"/greet.v1.GreetService/Greet", option)
		call := connect.NewRequest(&emptypb.Empty{})
		call.Header().Set("Authorization", "Bearer "+login.Token)
		if res, err := greet.CallUnary(t.Context(), call); err != nil || res.Msg.GetValue() != "hello, joe" {
			t.Errorf("%s: got %v, %v", name, res, err)
		}
		if _, err := greet.CallUnary(t.Context(), connect.NewRequest(&emptypb.Empty{})); connect.CodeOf(err) != connect.CodeUnauthenticated {
			t.Errorf("%s, no token: got %v", name, err)
		}
	}
}

func TestMain(m *testing.M) { program.Main(m) }
