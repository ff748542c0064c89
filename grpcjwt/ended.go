package grpcjwt

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/core"
)

// Ended is what a stream returns when its context of Auth.UntilToken or UntilSession has
// ended: codes.Unauthenticated, or Unavailable where nobody could say whether the token is
// still good, with what core.WhyEnded says as the message and as the reason of an
// ErrorInfo. Of an end that is not ours, as that the client has gone, it is the context's.
func Ended(ctx context.Context) error {
	why := core.WhyEnded(ctx)
	if why == "" {
		return status.FromContextError(context.Cause(ctx)).Err()
	}
	code := http.StatusInternalServerError
	if no, ok := errors.AsType[*core.Error](context.Cause(ctx)); ok {
		code = no.Kind.Status()
	}
	s := status.New(codeOf(code), why)
	if detailed, err := s.WithDetails(&errdetails.ErrorInfo{Reason: why, Domain: Domain}); err == nil {
		s = detailed
	}
	return s.Err()
}
