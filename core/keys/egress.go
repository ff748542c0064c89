package keys

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/jwtgate/jwtgate/core/internal/field"
)

// notPublic are the blocks of special purpose in which no provider can be, by the
// registries of RFC 6890. Of IPv6 only 2000::/3 is in public use at all.
var notPublic = func() (list []netip.Prefix) {
	for _, block := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"168.63.129.16/32",           // a public address that in every network of Azure is the host's
		"2001::/23", "2001:db8::/32", // protocols, Teredo among them, and documents
		"2002::/16", // 6to4: an IPv4 address inside, and relays that nobody runs any more
		"3fff::/20", // documents
	} {
		list = append(list, netip.MustParsePrefix(block))
	}
	return list
}()

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	nat64         = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052 section 2.1
)

// inner is the address that is meant by one that holds another: an IPv4 address in
// IPv6, or the one behind a NAT64. In a network without IPv4 every other host of
// the world is reached through the latter.
func inner(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

// checkAddress says why no connection may be made to an address.
func (c RemoteConfig) checkAddress(ip netip.Addr) error {
	if !c.PublicOnly {
		return nil
	}
	meant := inner(ip)
	in := func(p netip.Prefix) bool { return p.Contains(meant) }
	if slices.ContainsFunc(c.AllowPrivate, in) {
		return nil
	}
	if slices.ContainsFunc(notPublic, in) || meant.Is6() && !globalUnicast.Contains(meant) {
		return fmt.Errorf("%s is no public address, and RemoteConfig.PublicOnly takes no other; if it is the provider's, name it in AllowPrivate", ip)
	}
	return nil
}

// checkHost is checkAddress of a host that is an address, or is known to be this
// machine. Other names are judged when they are resolved.
func (c RemoteConfig) checkHost(host string) error {
	if field.IsLocalhost(host) {
		return c.checkAddress(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return c.checkAddress(ip)
	}
	return nil
}

// dialer makes the connections of a transport of our own. What an address is is
// judged after its name was resolved and before the first packet, for each that is
// tried: no second answer of the DNS can come in between.
func (c RemoteConfig) dialer(resolver *net.Resolver) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Resolver: resolver, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%.64q is no address", address)
		}
		return c.checkAddress(to.Addr())
	}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		// Names below localhost are this machine, and no server of names is asked
		// (RFC 6761 section 6.3).
		if host, port, err := net.SplitHostPort(address); err == nil && field.IsLocalhost(host) {
			address = net.JoinHostPort("localhost", port)
		}
		return d.DialContext(ctx, network, address)
	}
}
