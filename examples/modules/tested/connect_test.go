package tested_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/examples/tested"
)

// me is a procedure, without generated code.
const me = "/shop.Users/Me"

func newConnect(auth *core.Auth[string]) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(me, connect.NewUnaryHandler(me, func(ctx context.Context, _ *connect.Request[emptypb.Empty]) (*connect.Response[wrapperspb.StringValue], error) {
		name, _ := core.Identity[string](ctx)
		return connect.NewResponse(wrapperspb.String("hello, " + name)), nil
	}))
	return connectjwt.Require(auth, core.Scopes("me"))(mux)
}

func TestConnect(t *testing.T) {
	site := httptest.NewServer(newConnect(tested.NewAuth(t)))
	t.Cleanup(site.Close)
	client := connect.NewClient[emptypb.Empty, wrapperspb.StringValue](http.DefaultClient, site.URL+me)
	for _, tt := range []struct {
		name, user, scope string
		code              connect.Code // 0: none
		said              string
	}{
		{"nobody", "", "", connect.CodeUnauthenticated, ""},
		{"without the scope", "joe", "other", connect.CodePermissionDenied, ""},
		{"joe", "joe", "me", 0, "hello, joe"},
		{"ann", "ann", "me", 0, "hello, ann"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := connect.NewRequest(&emptypb.Empty{})
			if tt.user != "" {
				req.Header().Set(jwttest.AsHeader(tt.user, core.Payload{"scope": tt.scope}))
			}
			res, err := client.CallUnary(t.Context(), req)
			if err != nil {
				if got := connect.CodeOf(err); got != tt.code {
					t.Errorf("got %v, want %v", err, tt.code)
				}
				return
			}
			if tt.code != 0 || res.Msg.Value != tt.said {
				t.Errorf("got %v, want %v %s", res.Msg, tt.code, tt.said)
			}
		})
	}
}
