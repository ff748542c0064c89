package logins

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// ForwardedFor says which client a request is from, behind proxies that write the
// field X-Forwarded-For. Each is an address or a prefix, as 127.0.0.1 or
// 10.0.0.0/8, or the word unix for a proxy that calls on a Unix socket.
//
// Every proxy adds to the end whom it was called by. So the client is the peer of
// the connection, or if that is one of the proxies the last in the field that is
// none; what stands before it anybody can have written. Where a proxy names nobody,
// it stands for its clients. List the proxies and no more: whoever calls from a
// prefix that is listed can be anybody.
//
// Core reads no such field by itself. This is for Limits.Client, and for an
// application's own calls.
func ForwardedFor(proxies ...string) (func(core.Request) netip.Addr, error) {
	return behind("ForwardedFor", "X-Forwarded-For", proxies, func(element string) (netip.Addr, bool) {
		return parseHop(strings.Trim(element, " \t"))
	})
}

// Forwarded is [ForwardedFor] for proxies that write the field Forwarded (RFC 7239).
func Forwarded(proxies ...string) (func(core.Request) netip.Addr, error) {
	return behind("Forwarded", "Forwarded", proxies, forwardedBy)
}

// behind finds the client in a field of which read understands an element.
func behind(name, field string, list []string, read func(element string) (netip.Addr, bool)) (func(core.Request) netip.Addr, error) {
	proxies, unix, err := parseProxies(list)
	if err != nil {
		return nil, fmt.Errorf("jwtgate: logins.%s: %w", name, err)
	}
	trusted := func(addr netip.Addr) bool {
		if !addr.IsValid() {
			return unix
		}
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	return func(r core.Request) netip.Addr {
		addr := peer(r)
		lines := r.Header(field)
		for i := len(lines) - 1; i >= 0; i-- {
			for rest, more := lines[i], true; more; {
				if !trusted(addr) {
					return addr
				}
				var element string
				rest, element, more = cutLast(rest)
				hop, ok := read(element)
				if !ok {
					return addr
				}
				addr = hop
			}
		}
		return addr
	}, nil
}

// parseProxies reads addresses and prefixes.
func parseProxies(list []string) (proxies []netip.Prefix, unix bool, err error) {
	for _, text := range list {
		text = strings.TrimSpace(text)
		if text == "unix" {
			unix = true
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if addr, errAddr := netip.ParseAddr(text); errAddr == nil && addr.Zone() == "" {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, false, fmt.Errorf("%q is neither an address nor a prefix as 10.0.0.0/8", text)
		}
		if prefix.Addr().Is4In6() {
			return nil, false, fmt.Errorf("%q: write it as IPv4", text)
		}
		proxies = append(proxies, prefix.Masked())
	}
	return proxies, unix, nil
}

// peer is the address that the connection is from, the zero Addr if it has none.
func peer(r core.Request) netip.Addr {
	addr, _ := parseHop(r.RemoteAddr())
	return addr
}

// parseHop reads an address, with or without a port, one of IPv6 also in brackets.
// ::ffff:192.0.2.1 is 192.0.2.1, and a zone is the proxy's business.
func parseHop(text string) (netip.Addr, bool) {
	bare := text
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		bare = text[1 : len(text)-1]
	}
	addr, err := netip.ParseAddr(bare)
	if err != nil {
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = at.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

// cutLast cuts the last element off a list. It reads from the end, since that is
// what our proxy wrote: a quote that somebody opened before it must not reach
// into it.
func cutLast(list string) (rest, last string, more bool) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch list[i] {
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				return list[:i], list[i+1:], true
			}
		}
	}
	return "", list, false
}

// forwardedBy reads an element of Forwarded: for=192.0.2.1, or
// for="[2001:db8::1]:4711";proto=https (RFC 7239 section 4). An identifier that is
// no address names nobody.
func forwardedBy(element string) (addr netip.Addr, ok bool) {
	if strings.ContainsRune(element, '\\') {
		return addr, false
	}
	for more := true; more; {
		var pair string
		pair, element, more = strings.Cut(element, ";")
		name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "=")
		if !strings.EqualFold(name, "for") {
			continue
		}
		if ok {
			return netip.Addr{}, false // twice
		}
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if addr, ok = parseHop(value); !ok {
			return addr, false
		}
	}
	return addr, ok
}
