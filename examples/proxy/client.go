package main

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// clientOf says who sends a request: the peer, unless that is one of the proxies.
// A proxy adds whom it was called by to the end of X-Forwarded-For, so the client
// is the last there that is no proxy. What stands before it anybody can write.
func clientOf(proxies []netip.Prefix) func(core.Request) string {
	trusted := func(addr netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	return func(r core.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr())
		if err != nil {
			return r.RemoteAddr()
		}
		addr := peer.Addr().Unmap().WithZone("") // ::ffff:192.0.2.1 is 192.0.2.1
		hops := strings.Split(strings.Join(r.Header("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && trusted(addr); i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break // a proxy of ours names nobody: it stands for its clients
			}
			addr = hop.Unmap().WithZone("")
		}
		if addr.Is6() { // who has one IPv6 address has the 64 bits below it
			block, _ := addr.Prefix(64)
			return block.String()
		}
		return addr.String()
	}
}
