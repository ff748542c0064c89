// Package connectjwt mounts jwtgate on services made with connectrpc.com/connect, in
// the HTTP layer before their handlers, as Connect's authors do it: an interceptor
// would see neither the host nor TLS, and the message would be read before the token.
// A no is told in the protocol that the client speaks, Connect, gRPC or gRPC-Web, with
// a code and details.
//
// It stands on version 1 of connect, which nearly all services are made with, and which
// is kept up beside version 2. Since it uses nothing of them but how an error is
// written, which is the same, it stands before handlers of either.
package connectjwt

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/internal/rpc"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// Domain is that of the ErrorInfo in an error of ours.
const Domain = "jwtgate"

// New is Require from a Config. It panics if the Config has a mistake; use
// core.New and Require where an error is wanted, or a login.
func New[T any](cfg core.Config[T]) func(http.Handler) http.Handler {
	return Require(core.Must(cfg))
}

// Require lets identified calls pass that all guards agree to, unary ones and
// streams. A stream is judged when it begins. What a procedure needs beyond the gate of
// its service is for a guard to say, which sees it as Request.Path:
// "/orders.v1.OrdersService/Delete".
func Require[T any](auth *core.Auth[T], guards ...core.Guard) func(http.Handler) http.Handler {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous calls pass too.
func Optional[T any](auth *core.Auth[T]) func(http.Handler) http.Handler {
	return Use(auth.Optional())
}

// Use makes middleware of any gate. What is no call of a protocol of Connect's it
// answers as nethttpjwt does.
func Use(gate core.Gate) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, res, ok := rpc.Ask(gate, core.FromHTTP(r))
			if !ok {
				write(w, r, res)
				return
			}
			res.SetHeaders(w.Header())
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// Mount puts a service on a mux, behind a gate:
//
//	connectjwt.Mount(mux, connectjwt.Require(auth))(greetv1connect.NewGreetServiceHandler(greeter{}))
//
// The routes of a login are mounted by nethttpjwt.Mount: they are no calls.
func Mount(router nethttpjwt.Router, gate func(http.Handler) http.Handler) func(path string, service http.Handler) {
	return func(path string, service http.Handler) { router.Handle(path, gate(service)) }
}

// Identity returns what the gate before this handler identified.
func Identity[T any](ctx context.Context) (T, bool) { return core.Identity[T](ctx) }

// Claims returns the claims that the gate before this handler verified.
func Claims(ctx context.Context) (*core.Claims, bool) { return core.ClaimsOf(ctx) }

// Error is a no as an error of Connect's: its code by the kind, the sentence for people
// as its message, and as details an ErrorInfo, whose reason is the public error code
// and whose metadata has the scopes that are wanted, and a RetryInfo if it is known
// when to come again. It is never nil: call it for a no alone.
func Error(res core.Response) *connect.Error { return told(rpc.NoOf(res)) }

// Ended is what a stream returns when its context of Auth.UntilToken or UntilSession has
// ended: connect.CodeUnauthenticated, or CodeUnavailable where nobody could say whether
// the token is still good, with what core.WhyEnded says as the message and as the reason
// of an ErrorInfo. Of an end that is not ours, as that the client has gone, it is the
// context's, which connect has codes for.
func Ended(ctx context.Context) error {
	if no, ok := rpc.NoOfEnd(ctx); ok {
		return told(no)
	}
	return context.Cause(ctx)
}

func told(no rpc.No) *connect.Error {
	err := connect.NewError(connect.Code(no.Code), errors.New(no.Text))
	add := func(message proto.Message) {
		if detail, failed := connect.NewErrorDetail(message); failed == nil {
			err.AddDetail(detail)
		}
	}
	if no.Reason != "" {
		add(&errdetails.ErrorInfo{Reason: no.Reason, Domain: Domain, Metadata: no.Metadata})
	}
	if no.RetryAfter > 0 {
		add(&errdetails.RetryInfo{RetryDelay: durationpb.New(no.RetryAfter)})
	}
	return err
}

var errorWriter = connect.NewErrorWriter()

// write answers in the client's protocol. The headers of the Response, as
// WWW-Authenticate, go with it; its body is of another form, so what describes that does not.
func write(w http.ResponseWriter, r *http.Request, res core.Response) {
	if !errorWriter.IsSupported(r) {
		nethttpjwt.Endpoint(func(core.Request) core.Response { return res }).ServeHTTP(w, r)
		return
	}
	res.SetHeaders(w.Header())
	for _, name := range []string{"Content-Length", "Content-Encoding", "Connection"} {
		w.Header().Del(name)
	}
	_ = errorWriter.Write(w, r, Error(res)) // a client that has gone cannot be told
}
