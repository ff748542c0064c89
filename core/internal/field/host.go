package field

import (
	"net/netip"
	"strings"
)

// IsLocalhost reports whether a name is localhost, or below it (RFC 6761 section 6.3).
func IsLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// IsLoopback reports whether a host without its port is this machine, by its name or
// its address (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return IsLocalhost(host) || err == nil && ip.Unmap().IsLoopback()
}
