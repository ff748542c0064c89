// Package rpc is what the adapters for gRPC and for Connect have in common: how they
// tell a no, and how their clients come by tokens.
package rpc

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// No is a refusal as it is told over gRPC and Connect, whose codes have the same
// numbers.
type No struct {
	Code uint32
	Text string
	// Reason and Metadata are for an ErrorInfo; of a gate that is not ours there is none.
	Reason   string
	Metadata map[string]string
	// RetryAfter is for a RetryInfo, in whole seconds as Retry-After has it; 0: none.
	RetryAfter time.Duration
}

// NoOf reads a Response.
func NoOf(res core.Response) No {
	refusal := res.Refusal
	if refusal == nil { // of a gate that is not ours
		return No{Code: codeOf(res.Status), Text: http.StatusText(res.Status)}
	}
	no := No{
		Code:       codeOf(refusal.Kind.Status()),
		Text:       refusal.Text,
		Reason:     refusal.Code,
		RetryAfter: (refusal.RetryAfter + time.Second - 1).Truncate(time.Second),
	}
	if len(refusal.Scopes) > 0 {
		no.Metadata = map[string]string{"scope": strings.Join(refusal.Scopes, " ")}
	}
	return no
}

// NoOfEnd is why a connection's context has ended, if an Auth ended it: the kind's code,
// and core.WhyEnded as text and reason.
func NoOfEnd(ctx context.Context) (No, bool) {
	why := core.WhyEnded(ctx)
	if why == "" {
		return No{}, false
	}
	status := http.StatusInternalServerError
	if e, ok := errors.AsType[*core.Error](context.Cause(ctx)); ok {
		status = e.Kind.Status()
	}
	return No{Code: codeOf(status), Text: why, Reason: why}, true
}

// codeOf is the code for what over HTTP would be a status (google.rpc.Code). Who
// presents a token in the wrong way is as little authenticated as who presents a
// wrong one.
func codeOf(httpStatus int) uint32 {
	switch httpStatus {
	case http.StatusBadRequest, http.StatusUnauthorized:
		return 16 // unauthenticated
	case http.StatusForbidden:
		return 7 // permission denied
	case http.StatusTooManyRequests:
		return 8 // resource exhausted
	case http.StatusServiceUnavailable:
		return 14 // unavailable
	default:
		return 13 // internal
	}
}
