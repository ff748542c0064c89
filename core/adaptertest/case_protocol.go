package adaptertest

import "github.com/jwtgate/jwtgate/core"

// protocolCases are about tokens among the subprotocols of a WebSocket's handshake.
func protocolCases() []Case {
	var (
		token      = good("joe")
		byProtocol = yes("joe", "Protocol")
		handshake  = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	)
	offer := func(fields ...string) string {
		for i, f := range fields {
			fields[i] = "Sec-WebSocket-Protocol: " + f
		}
		return get("/protocol", append(fields, handshake...)...)
	}
	return []Case{
		row("RFC 6455 11.3.4: beside another subprotocol", offer("chat.v1, access_token."+token), byProtocol),
		row("RFC 6455 11.3.4: before it, without a space", offer("access_token."+token+",chat.v1"), byProtocol),
		row("RFC 6455 11.3.4: in a second field", offer("chat.v1", "access_token."+token), byProtocol),
		row("RFC 6455 11.3.4: alone", offer("access_token."+token), byProtocol),
		row("RFC 9110 5.6.1: among empty elements", offer(" , ,\taccess_token."+token+" ,"), byProtocol),
		row("RFC 6455 1.9: names have a case", offer("Access_Token."+token), no(core.MissingToken)),
		row("RFC 6455 11.3.4: none", offer("chat.v1"), no(core.MissingToken)),
		row("RFC 6455 4.1: twice", offer("access_token."+token+", access_token."+token), no(core.BadRequest)),
		row("RFC 6455 4.1: twice, in two fields", offer("access_token."+token, "access_token."+good("ann")), no(core.BadRequest)),
		row("RFC 6455 4.1: no token behind it", offer("chat.v1, access_token."), no(core.BadRequest)),
		row("RFC 6455 4.1: what no subprotocol may be", offer("access_token."+token+" x"), no(core.BadRequest)),
		row("RFC 6750 2: a header too", get("/protocol", append(handshake, auth(token), "Sec-WebSocket-Protocol: access_token."+token)...), no(core.BadRequest)),
		row("a subprotocol is no cookie: from another site", get("/protocol", append(handshake, "Sec-WebSocket-Protocol: access_token."+token, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site")...), byProtocol),
		row("a bad token among subprotocols", offer("chat.v1, access_token.x.y.z"), no(core.Malformed)),
	}
}
