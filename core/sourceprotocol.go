package core

import (
	"cmp"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// ProtocolSource is a token among the subprotocols that a WebSocket's handshake offers
// (RFC 6455 section 11.3.4), the one field that a page can set:
//
//	new WebSocket("wss://api.example.com/chat", ["chat.v1", "access_token." + token])
//
// The page must offer another one too, and the server must answer with that: a browser
// gives up a connection whose answer names none, and an answer that names the token
// repeats it to whoever logs answers. All libraries choose from a list that they are
// given, so it is enough that the token's is not on it. The token is not sent unasked,
// as a cookie is, so no other site's page can use it, and no Origin is asked for.
type ProtocolSource struct {
	Prefix string // what stands before the token; "" is access_token.
}

func (p ProtocolSource) prefix() string { return cmp.Or(p.Prefix, defaultParameter+".") }

// Find implements [Source]. Two subprotocols with the prefix, or one with nothing
// behind it, are a [BadRequest].
func (p ProtocolSource) Find(r Request) (c Credential, err error) {
	for _, line := range r.Header("Sec-Websocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			token, ok := strings.CutPrefix(field.TrimSpace(offered), p.prefix())
			if !ok {
				continue
			}
			if c.Token != "" || !field.IsToken(token) {
				return Credential{}, &Error{Kind: BadRequest, Cause: errProtocol}
			}
			c.Token = keep.Part(token, line)
		}
	}
	if c.Token == "" {
		return Credential{}, MissingToken
	}
	return c, nil
}

func (p ProtocolSource) check() (bad setup.Mistakes) {
	if !field.IsToken(p.prefix()) {
		bad.Add("Prefix", "leave it out for access_token.", "%q has characters that no subprotocol may have (RFC 6455 section 4.1)", p.Prefix)
	}
	return bad
}

var errProtocol = because("the subprotocol with the token is offered twice, or has nothing that could be a token behind its prefix")
