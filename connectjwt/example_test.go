package connectjwt_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// greet is what connect generates for a service: greetv1connect.NewGreetServiceHandler.
func greet() (string, http.Handler) {
	return "/greet.v1.GreetService/", connect.NewUnaryHandler("/greet.v1.GreetService/Greet", func(ctx context.Context, _ *connect.Request[emptypb.Empty]) (*connect.Response[wrapperspb.StringValue], error) {
		name, _ := connectjwt.Identity[string](ctx)
		return connect.NewResponse(wrapperspb.String("hello, " + name)), nil
	})
}

func Example() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{Keys: key})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	connectjwt.Mount(mux, connectjwt.Require(auth))(greet())
	server := httptest.NewServer(mux)
	defer server.Close()

	client := connect.NewClient[emptypb.Empty, wrapperspb.StringValue](http.DefaultClient, server.URL+"/greet.v1.GreetService/Greet")
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	call := connect.NewRequest(&emptypb.Empty{})
	call.Header().Set("Authorization", "Bearer "+issued.Token)
	res, err := client.CallUnary(context.Background(), call)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.Msg.GetValue())
	_, err = client.CallUnary(context.Background(), connect.NewRequest(&emptypb.Empty{}))
	fmt.Println(err)
	// Output:
	// hello, joe
	// unauthenticated: The request contains no access token
}
