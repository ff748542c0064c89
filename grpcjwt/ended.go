package grpcjwt

import (
	"context"

	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/internal/rpc"
)

// Ended is what a stream returns when its context of Auth.UntilToken or UntilSession has
// ended: codes.Unauthenticated, or Unavailable where nobody could say whether the token is
// still good, with what core.WhyEnded says as the message and as the reason of an
// ErrorInfo. Of an end that is not ours, as that the client has gone, it is the context's.
func Ended(ctx context.Context) error {
	if no, ok := rpc.NoOfEnd(ctx); ok {
		return told(no)
	}
	return status.FromContextError(context.Cause(ctx)).Err()
}
