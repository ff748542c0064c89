package keys

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// nameServer answers every question with the next of its addresses.
type nameServer struct{ answers []netip.Addr }

func (n *nameServer) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		buf := make([]byte, 1024) // as over TCP: two bytes of length, twelve of header, the question
		k, err := theirs.Read(buf)
		if err != nil || k < 14 {
			return
		}
		q := buf[:k]
		if k == 2 { // the length came alone
			if k, err = theirs.Read(buf[2:]); err != nil {
				return
			}
			q = buf[:2+k]
		}
		end := 14
		for q[end] != 0 {
			end += int(q[end]) + 1
		}
		question := q[14 : end+5]
		reply := append([]byte{q[2], q[3], 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
		if question[len(question)-3] == 1 { // A, and nothing for AAAA
			reply[7] = 1
			reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
			reply = append(reply, n.answers[0].AsSlice()...)
			n.answers = n.answers[1:]
		}
		theirs.Write(append([]byte{byte(len(reply) >> 8), byte(len(reply))}, reply...))
	}()
	return ours, nil
}

// TestNameServerChangesItsMind: each connection is judged by the address that it
// goes to, so a name that meant an allowed one a moment ago opens no other.
func TestNameServerChangesItsMind(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	other, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Skip("no second loopback address:", err)
	}
	defer other.Close()
	names := &nameServer{answers: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}}
	cfg := RemoteConfig{PublicOnly: true, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	dial := cfg.dialer(&net.Resolver{PreferGo: true, Dial: names.dial})

	conn, err := dial(t.Context(), "tcp4", "tenant.test:"+port)
	if err != nil {
		t.Fatalf("the allowed address: %v", err)
	}
	conn.Close()
	conn, err = dial(t.Context(), "tcp4", "tenant.test:"+port)
	if err == nil {
		conn.Close()
		t.Fatal("the second answer of the name server was believed")
	}
	if op := (*net.OpError)(nil); !errors.As(err, &op) || !strings.Contains(err.Error(), "127.0.0.2 is no public address") {
		t.Errorf("got %v", err)
	}
}
