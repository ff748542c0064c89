package logins_test

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/logins"
)

// clientFrom is who a finder says the client is, of a request with a field's lines.
func clientFrom(find func(core.Request) netip.Addr, peer, field string, lines []string) string {
	r := httptest.NewRequest("POST", "/auth", nil)
	r.RemoteAddr = peer
	r.Header[field] = lines
	if addr := find(core.FromHTTP(r)); addr.IsValid() {
		return addr.String()
	}
	return ""
}

func TestForwardedFor(t *testing.T) {
	find, err := logins.ForwardedFor("10.0.0.0/8", " 127.0.0.1", "fd00::/8", "::1")
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := logins.ForwardedFor()
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
		{"direct, IPv6", "[2001:db8:1:2:3::4]:99", nil, "2001:db8:1:2:3::4"},
		{"direct, IPv4-mapped", "[::ffff:192.0.2.1]:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"one proxy", "10.1.1.1:99", []string{"192.0.2.1"}, "192.0.2.1"},
		{"one proxy, IPv4-mapped", "[::ffff:10.1.1.1]:99", []string{"192.0.2.1"}, "192.0.2.1"},
		{"one proxy, IPv6 both", "[fd00::1]:99", []string{"2001:db8:1:2:3::4"}, "2001:db8:1:2:3::4"},
		{"one proxy, with a zone", "[fd00::1%eth0]:99", []string{"fe80::1%eth0"}, "fe80::1"},
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
		{"the client with a port", "10.1.1.1:99", []string{"192.0.2.1:1234"}, "192.0.2.1"},
		{"the client with a port, IPv6", "10.1.1.1:99", []string{"[2001:db8::1]:1234"}, "2001:db8::1"},
		{"half a bracket", "10.1.1.1:99", []string{"[2001:db8::1"}, "10.1.1.1"},
		{"the peer without a port", "10.1.1.1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"garbage behind two", "127.0.0.1:99", []string{"unknown, 10.1.1.1"}, "10.1.1.1"},
		{"a list without end", "10.1.1.1:99", []string{strings.Repeat("10.1.1.1,", 5000) + "192.0.2.1"}, "192.0.2.1"},
		{"no address at all", "@", []string{"192.0.2.1"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := clientFrom(find, tt.peer, "X-Forwarded-For", tt.forwarded); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got, want := clientFrom(nobody, tt.peer, "X-Forwarded-For", tt.forwarded), clientFrom(nobody, tt.peer, "", nil); got != want {
				t.Errorf("with nobody to trust: got %s, want %s", got, want)
			}
			if got, want := clientFrom(find, tt.peer, "Forwarded", []string{"for=192.0.2.1"}), clientFrom(find, tt.peer, "", nil); got != want {
				t.Errorf("the other field: got %s, want %s", got, want)
			}
		})
	}
}

// TestForwarded: RFC 7239. What a client has written before our proxy's element
// must not change how that is read.
func TestForwarded(t *testing.T) {
	find, err := logins.Forwarded("10.0.0.0/8", "fd00::/8")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"an address", []string{"for=192.0.2.1"}, "192.0.2.1"},
		{"in any case, with other parameters", []string{`proto=https; FOR="192.0.2.1:4711" ;by=10.1.1.1`}, "192.0.2.1"},
		{"IPv6", []string{`for="[2001:db8::1]"`}, "2001:db8::1"},
		{"IPv6 with a port", []string{`for="[2001:db8::1]:4711";proto=https`}, "2001:db8::1"},
		{"two proxies", []string{`for=192.0.2.1, for="[fd00::2]"`}, "192.0.2.1"},
		{"two proxies, two fields", []string{`for=192.0.2.1`, `for=10.2.2.2`}, "192.0.2.1"},
		{"forged", []string{`for=198.51.100.7, for=192.0.2.1`}, "192.0.2.1"},
		{"forged, with a quote left open", []string{`for="198.51.100.7, for=192.0.2.1`}, "192.0.2.1"},
		{"forged, with a quote to be closed", []string{`for=198.51.100.7;x=", for=192.0.2.1;by="10.1.1.1"`}, "192.0.2.1"},
		{"forged, with an escape", []string{`for=198.51.100.7;x="\\", for=192.0.2.1`}, "192.0.2.1"},
		{"a hidden client", []string{`for=198.51.100.7, for=_hidden`}, "10.1.1.1"},
		{"an unknown client", []string{`for=unknown`}, "10.1.1.1"},
		{"twice", []string{`for=192.0.2.1;for=192.0.2.2`}, "10.1.1.1"},
		{"an escape in our proxy's", []string{`for="192.0.2\\.1"`}, "10.1.1.1"},
		{"nobody", []string{`by=10.1.1.1`}, "10.1.1.1"},
		{"empty", []string{``}, "10.1.1.1"},
		{"absent", nil, "10.1.1.1"},
	} {
		if got := clientFrom(find, "10.1.1.1:99", "Forwarded", tt.lines); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
		if got := clientFrom(find, "192.0.2.99:99", "Forwarded", tt.lines); got != "192.0.2.99" {
			t.Errorf("%s: the peer is no proxy: got %s", tt.name, got)
		}
		if got := clientFrom(find, "10.1.1.1:99", "X-Forwarded-For", []string{"192.0.2.1"}); got != "10.1.1.1" {
			t.Errorf("the other field: got %s", got)
		}
	}
}

// TestForwardedOverUnix: a peer without an address is a proxy only if that is said.
func TestForwardedOverUnix(t *testing.T) {
	find, err := logins.ForwardedFor("unix")
	if err != nil {
		t.Fatal(err)
	}
	for peer, want := range map[string]string{"@": "192.0.2.1", "": "192.0.2.1", "10.1.1.1:99": "10.1.1.1"} {
		if got := clientFrom(find, peer, "X-Forwarded-For", []string{"192.0.2.1"}); got != want {
			t.Errorf("%q: got %s, want %s", peer, got, want)
		}
	}
}

func TestForwardedMistakes(t *testing.T) {
	for _, proxy := range []string{"", "localhost", "10.0.0.0/33", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "fe80::1%eth0", "127.0.0.1,::1"} {
		for _, make := range []func(...string) (func(core.Request) netip.Addr, error){logins.ForwardedFor, logins.Forwarded} {
			if find, err := make("127.0.0.1", proxy); err == nil || find != nil || !strings.Contains(err.Error(), "Forwarded") {
				t.Errorf("%q: got no error that says where: %v", proxy, err)
			}
		}
	}
}
