// Package mcpjwt mounts jwtgate on servers of the Model Context Protocol that are
// built on github.com/modelcontextprotocol/go-sdk. Its middleware stands around the
// SDK's StreamableHTTPHandler, answers as over HTTP, with the challenges of RFC 9728
// that clients of MCP go by (core.Config.Resource), and fills the SDK's TokenInfo.
//
// A session of the SDK lives longer than a token, and what its first request left
// in the context would be there for all calls. So a tool finds the identity and the
// claims of its own call, which [Receive] puts there, or none.
package mcpjwt

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// New is Require from a Config. It panics if the Config has a mistake; use
// core.New and Require where an error is wanted, or a login.
func New[T any](cfg core.Config[T]) func(http.Handler) http.Handler {
	return Require(core.Must(cfg))
}

// Require lets identified requests pass that all guards agree to. A session belongs
// to whoever began it: others are answered with 403 by the SDK.
func Require[T any](auth *core.Auth[T], guards ...core.Guard) func(http.Handler) http.Handler {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous requests pass too. They have no TokenInfo, and the sessions
// that they begin belong to nobody: whoever knows the ID of one can use it.
func Optional[T any](auth *core.Auth[T]) func(http.Handler) http.Handler {
	return Use(auth.Optional())
}

// Use makes middleware of any gate.
func Use(gate core.Gate) func(http.Handler) http.Handler { return Tools(gate, nil) }

// Tools makes middleware of a gate, and asks another one before the calls to some of
// the tools, by their names:
//
//	mcpjwt.Tools(auth.Require(read), map[string]core.Gate{"delete": auth.Require(read, write)})
//
// Who lacks a scope is told so in the answer over HTTP, with 403, where clients look
// for it, and not in the result of the call. A POST is read for it before the
// handler, 4 MiB at most, which is as much as the SDK's handler takes by default.
// Mount [Receive] too, which refuses a call to one of these tools that was read here as
// another one, or that is anonymous.
func Tools(gate core.Gate, tools map[string]core.Gate) func(http.Handler) http.Handler {
	asking := map[string]func(http.Handler) http.Handler{}
	for name, gate := range tools {
		asking[name] = nethttpjwt.Use(gate)
	}
	names := slices.Sorted(maps.Keys(tools))
	return func(next http.Handler) http.Handler {
		next = informed(next)
		gated := nethttpjwt.Use(gate)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			last := next
			if len(asking) > 0 {
				asked, res, ok := called(w, r)
				if !ok {
					last = nethttpjwt.Endpoint(func(core.Request) core.Response { return res })
				}
				current(r.Context()).asked = asked
				for _, name := range names {
					if slices.Contains(asked, name) { // once, however often it is called
						last = asking[name](last)
					}
				}
			}
			last.ServeHTTP(w, r)
		}))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := &call{Context: r.Context(), guarded: asking}
			gated.ServeHTTP(w, r.WithContext(c))
		})
	}
}

// Receive is for mcp.Server.AddReceivingMiddleware: behind it a tool's context has
// the identity and the claims of the call's own token, as [core.Identity],
// [core.ClaimsOf] and [core.Auth.Identity] find them. To a call without one, which is
// anonymous or of a transport without HTTP, it adds nothing.
func Receive(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		gated := gatedOf(req)
		if gated != nil {
			ctx = joined{ctx, gated}
		}
		params, ok := req.GetParams().(*mcp.CallToolParamsRaw)
		if c := current(ctx); ok && c != nil && c.guarded[params.Name] != nil &&
			(gated == nil || !slices.Contains(c.asked, params.Name)) {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "the gate of this tool was not asked"}
		}
		return next(ctx, method, req)
	}
}

// Identity returns what the gate before this call identified, also without [Receive],
// which makes [core.Identity] find it in a tool's context.
func Identity[T any](req mcp.Request) (identity T, ok bool) {
	if ctx := gatedOf(req); ctx != nil {
		return core.Identity[T](ctx)
	}
	return identity, false
}

// Claims returns the claims that the gate before this call verified.
func Claims(req mcp.Request) (*core.Claims, bool) {
	if ctx := gatedOf(req); ctx != nil {
		return core.ClaimsOf(ctx)
	}
	return nil, false
}
