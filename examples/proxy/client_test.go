package main

import (
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

func TestClientOf(t *testing.T) {
	proxies, err := parseProxies("10.0.0.0/8, 127.0.0.1, fd00::/8, ::1")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"direct", "192.0.2.1:99", nil, "192.0.2.1"},
		{"direct, with a header", "192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"direct, IPv6", "[2001:db8:1:2:3::4]:99", nil, "2001:db8:1:2::/64"},
		{"direct, IPv4-mapped", "[::ffff:192.0.2.1]:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"one proxy", "10.1.1.1:99", []string{"192.0.2.1"}, "192.0.2.1"},
		{"one proxy, IPv4-mapped", "[::ffff:10.1.1.1]:99", []string{"192.0.2.1"}, "192.0.2.1"},
		{"one proxy, IPv6 both", "[fd00::1]:99", []string{"2001:db8:1:2:3::4"}, "2001:db8:1:2::/64"},
		{"one proxy, with a zone", "[fd00::1%eth0]:99", []string{"fe80::1%eth0"}, "fe80::/64"},
		{"the client IPv4-mapped", "10.1.1.1:99", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"two proxies", "127.0.0.1:99", []string{"192.0.2.1, 10.1.1.1"}, "192.0.2.1"},
		{"two proxies, two fields", "127.0.0.1:99", []string{"192.0.2.1", "10.1.1.1"}, "192.0.2.1"},
		{"two proxies, one IPv4-mapped", "127.0.0.1:99", []string{"192.0.2.1,::ffff:10.1.1.1"}, "192.0.2.1"},
		{"forged", "10.1.1.1:99", []string{"198.51.100.7, 192.0.2.1"}, "192.0.2.1"},
		{"forged in a field before", "10.1.1.1:99", []string{"198.51.100.7", "192.0.2.1"}, "192.0.2.1"},
		{"forged as a proxy's", "10.1.1.1:99", []string{"198.51.100.7, 10.9.9.9, 192.0.2.1"}, "192.0.2.1"},
		{"forged garbage", "10.1.1.1:99", []string{"\"x\" y,,, 192.0.2.1"}, "192.0.2.1"},
		{"proxies alone", "127.0.0.1:99", []string{"10.1.1.1"}, "10.1.1.1"},
		{"a proxy without the header", "10.1.1.1:99", nil, "10.1.1.1"},
		{"a proxy with an empty one", "10.1.1.1:99", []string{""}, "10.1.1.1"},
		{"a proxy with garbage", "10.1.1.1:99", []string{"192.0.2.1, unknown"}, "10.1.1.1"},
		{"a proxy with a port", "10.1.1.1:99", []string{"192.0.2.1:1234"}, "10.1.1.1"},
		{"garbage behind two", "127.0.0.1:99", []string{"unknown, 10.1.1.1"}, "10.1.1.1"},
		{"no address at all", "@", []string{"192.0.2.1"}, "@"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/auth", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.forwarded
			if got := clientOf(proxies)(core.FromHTTP(r)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got, want := clientOf(nil)(core.FromHTTP(r)), clientOf(nil)(direct(tt.peer)); got != want {
				t.Errorf("with nobody to trust: got %s, want %s", got, want)
			}
		})
	}
}

func direct(peer string) core.Request {
	r := httptest.NewRequest("POST", "/auth", nil)
	r.RemoteAddr = peer
	return core.FromHTTP(r)
}

func TestParseProxies(t *testing.T) {
	got, err := parseProxies("127.0.0.1, 10.1.2.3/8,::1")
	want := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, list := range []string{"", "localhost", "127.0.0.1,", "10.0.0.0/33", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104"} {
		if got, err := parseProxies(list); err == nil {
			t.Errorf("%q: got %v and no error", list, got)
		}
	}
}

// TestDocs: docs/sessions.md shows this very function.
func TestDocs(t *testing.T) {
	source, err := os.ReadFile("client.go")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/sessions.md")
	if err != nil {
		t.Fatal(err)
	}
	_, function, _ := strings.Cut(string(source), ")\n\n// clientOf")
	if function == "" || !strings.Contains(string(docs), "\n// clientOf"+function) {
		t.Errorf("docs/sessions.md does not have this function:\n// clientOf%s", function)
	}
}
