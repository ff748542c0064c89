package mcpjwt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtgate/jwtgate/core"
)

// call is a request's context before the gate, with what [Tools] finds out.
type call struct {
	context.Context
	guarded map[string]func(http.Handler) http.Handler // the tools with a gate of their own
	asked   []string                                   // the tools that are called
}

type callKey struct{}

// Value implements context.Context.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// current is the call behind a gate of ours; nil: there was none.
func current(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// maxCall is how much of a request is read for the tools that it calls.
const maxCall = mcp.DefaultMaxRequestBodyBytes

// called are the tools that a request calls; not ok: it is refused with the Response.
// What is read here the handler reads again.
func called(w http.ResponseWriter, r *http.Request) (tools []string, res core.Response, ok bool) {
	if r.Method != http.MethodPost || r.Body == nil {
		return nil, core.Response{}, true
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	r.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), r.Body}
	if err == nil {
		tools, err = toolsIn(body)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, (&core.Error{Kind: core.TooLarge}).Response(), false
	case err != nil:
		return nil, (&core.Error{Kind: core.BadBody}).Response(), false
	}
	return tools, core.Response{}, true
}

// toolsIn are the tools that a message, or a batch of them, calls (JSON-RPC 2.0
// sections 4 and 6).
func toolsIn(body []byte) (tools []string, err error) {
	var batch []json.RawMessage
	if json.Unmarshal(body, &batch) != nil {
		batch = []json.RawMessage{body}
	}
	for _, raw := range batch {
		message, err := members(raw)
		if err != nil {
			return nil, err
		}
		if method, err := text(message["method"]); err != nil || method != "tools/call" {
			if err != nil {
				return nil, err
			}
			continue
		}
		params, err := members(message["params"])
		if err != nil {
			return nil, err
		}
		name, err := text(params["name"])
		if err != nil {
			return nil, err
		}
		tools = append(tools, name)
	}
	return tools, nil
}

// members are those of an object, by their exact names. One that comes twice is an error,
// since readers differ in which they take.
func members(object json.RawMessage) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if begin, err := dec.Token(); err != nil || begin != json.Delim('{') {
		return nil, errCall
	}
	all := map[string]json.RawMessage{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		if _, twice := all[name.(string)]; twice {
			return nil, errCall
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		all[name.(string)] = value
	}
	if _, err := dec.Token(); err != nil { // the end
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errCall
	}
	return all, nil
}

var errCall = errors.New("mcpjwt: no object of JSON-RPC, or a member twice")

// text is a string, or "" for a member that is not there.
func text(raw json.RawMessage) (s string, err error) {
	if raw != nil {
		err = json.Unmarshal(raw, &s)
	}
	return s, err
}

// informed hands on what a gate found out as the SDK's TokenInfo.
func informed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		claims, ok := core.ClaimsOf(ctx)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		info := &auth.TokenInfo{Scopes: claims.Scopes(), UserID: userID(ctx, claims)}
		info.Extra = map[string]any{core.ContextKey: withInfo(ctx, info)}
		info.Expiration, _ = claims.ExpiresAt()
		lent := &lent{Context: info.Extra[core.ContextKey].(context.Context), before: current(ctx).Context}
		defer lent.over.Store(true)
		next.ServeHTTP(w, r.WithContext(lent))
	})
}

// userID is whom a session belongs to: a subject is one only together with its issuer.
// A token without a subject is nobody's but its own.
func userID(ctx context.Context, claims *core.Claims) string {
	id := []string{claims.Issuer(), claims.Subject()}
	if id[1] == "" {
		cred, _ := core.CredentialOf(ctx)
		sum := sha256.Sum256([]byte(cred.Token))
		id = append(id, hex.EncodeToString(sum[:]))
	}
	text, err := json.Marshal(id)
	if err != nil { // strings always can be
		panic("mcpjwt: " + err.Error())
	}
	return string(text)
}

// withInfo is the context with a TokenInfo, which the SDK's own middleware alone can
// put there. It would judge the end of the token by a clock of its own; that has been
// judged, so it is told later.
func withInfo(ctx context.Context, info *auth.TokenInfo) (informed context.Context) {
	verified := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) { return info, nil }
	auth.RequireBearerToken(verified, &auth.RequireBearerTokenOptions{AllowMissingExpiration: true})(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { informed = r.Context() }),
	).ServeHTTP(nil, (&http.Request{Header: http.Header{"Authorization": {"Bearer verified"}}}).WithContext(ctx))
	return informed
}

// lent is a gate's context until its request is over, and the one before the gate
// from then on: a session is made of its first request's.
type lent struct {
	context.Context
	before context.Context
	over   atomic.Bool
}

// Value implements context.Context.
func (l *lent) Value(key any) any {
	if l.over.Load() {
		return l.before.Value(key)
	}
	return l.Context.Value(key)
}

// joined is the context of a call in a session, with what its own request has.
type joined struct {
	context.Context
	gated context.Context
}

// Value implements context.Context.
func (j joined) Value(key any) any {
	if v := j.gated.Value(key); v != nil {
		return v
	}
	return j.Context.Value(key)
}

// gatedOf is the gate's context of a call's own request; nil: there was none, or it
// was anonymous.
func gatedOf(req mcp.Request) context.Context {
	extra := req.GetExtra()
	if extra == nil || extra.TokenInfo == nil {
		return nil
	}
	ctx, _ := extra.TokenInfo.Extra[core.ContextKey].(context.Context)
	return ctx
}
