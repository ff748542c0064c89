package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/core"
)

// running is a server of the example, with a client of it.
type running struct {
	*service
	t    *testing.T
	addr string
}

// start serves one of the servers until the test ends.
func start(t *testing.T, name string) *running {
	s, err := newService()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close() // for the server, which is told an address
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go func() {
		if err := servers[name](ctx, s, addr); err != nil && ctx.Err() == nil {
			t.Errorf("%s: %v", name, err)
		}
	}()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // until the server listens
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			return &running{s, t, addr}
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not listen: %v", name, err)
		}
	}
}

// onEach runs a test on each server, on all at once: what it waits for is time alone.
func onEach(t *testing.T, names []string, test func(*testing.T, *running)) {
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() { t.Run(name, func(t *testing.T) { test(t, start(t, name)) }) })
	}
	wg.Wait()
}

// TestAtEnd: what has begun at the end of a connection is over when its handler returns,
// and nothing begins afterwards.
func TestAtEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		var written time.Time
		stop := atEnd(ctx, func() {
			time.Sleep(time.Second) // a client that reads slowly
			written = time.Now()
		})
		end()
		synctest.Wait()
		stop()
		if written.IsZero() {
			t.Error("the handler has returned, and its connection is still written to")
		}
		ctx, end = context.WithCancel(t.Context())
		atEnd(ctx, func() { t.Error("the handler had returned") })()
		end()
		synctest.Wait()
	})
}

// issue logs somebody in.
func (r *running) issue(name string, more ...core.Payload) core.Issued {
	issued, err := r.auth.Issue(r.t.Context(), core.Moment{}, name, more...)
	if err != nil {
		r.t.Fatal(err)
	}
	return issued
}

func (r *running) end(issued core.Issued) {
	if err := r.auth.EndSession(r.t.Context(), issued.Session.ID); err != nil {
		r.t.Error(err)
	}
}

// dial opens a WebSocket; conn is nil if the handshake was refused.
func (r *running) dial(path string, header http.Header, protocols ...string) (conn *websocket.Conn, res *http.Response) {
	conn, res, err := websocket.Dial(r.t.Context(), "ws://"+r.addr+path, &websocket.DialOptions{HTTPHeader: header, Subprotocols: protocols})
	if res == nil {
		r.t.Fatal(err)
	}
	if err != nil {
		return nil, res
	}
	r.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, res
}

func bearer(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}}
}

// says sends a message and wants an answer.
func (r *running) says(name string, conn *websocket.Conn, message, want string) {
	r.t.Helper()
	if conn == nil {
		r.t.Errorf("%s: the handshake was refused", name)
		return
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	err := conn.Write(ctx, websocket.MessageText, []byte(message))
	if err != nil {
		r.t.Errorf("%s: %v", name, err)
		return
	}
	if _, got, err := conn.Read(ctx); err != nil || string(got) != want {
		r.t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
	}
}

// closes wants the server to close with 1008 and a reason.
func (r *running) closes(name string, conn *websocket.Conn, reason string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	_, message, err := conn.Read(ctx)
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation || closed.Reason != reason {
		r.t.Errorf("%s: got %q, %v, want 1008 and %q", name, message, err, reason)
	}
}

// TestWebSockets: on each library a WebSocket ends with 1008 and a reason, its token may
// come in each of the ways that there are, and a new one in a message.
func TestWebSockets(t *testing.T) {
	onEach(t, []string{"coder", "gorilla", "gin", "echo", "echov5", "fiber", "fiberv3"}, func(t *testing.T, r *running) {
		issued := r.issue("joe")

		conn, _ := r.dial("/chat", bearer(issued.Token))
		r.says("a header", conn, "hello", "joe said hello")

		soon := time.Now().Add(2 * time.Second).Unix()
		short := r.issue("joe", core.Payload{"exp": soon})
		ends, _ := r.dial("/chat", bearer(short.Token))
		r.says("a token that ends soon", ends, "hello", "joe said hello")
		goesOn, _ := r.dial("/chat", bearer(short.Token))
		next, err := r.auth.Renew(t.Context(), short.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		r.says("somebody else's token in a message", goesOn, "token "+r.issue("ann").Token, "refused: forbidden")
		r.says("no token in a message", goesOn, "token x", "refused: invalid_token")
		r.says("a new token in a message", goesOn, "token "+next.Token, "accepted")

		own, others := "http://"+r.addr, "https://evil.example"
		cookie := http.Header{"Cookie": {"__Host-access_token=" + r.issue("joe", core.Payload{"exp": soon}).Token}, "Origin": {own}}
		byCookie, _ := r.dial("/chat", cookie)
		r.says("a cookie of our page", byCookie, "hello", "joe said hello")
		cookie.Set("Origin", others)
		if conn, res := r.dial("/chat", cookie); conn != nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a cookie of another site's page: got %d, want 403", res.StatusCode)
		}

		conn, res := r.dial("/chat", nil, protocol, "access_token."+issued.Token)
		r.says("a subprotocol", conn, "hello", "joe said hello")
		if got := res.Header.Values("Sec-WebSocket-Protocol"); len(got) != 1 || got[0] != protocol {
			t.Errorf("a subprotocol: the answer names %q, want %q alone", got, protocol)
		}

		ticket := r.ticket(issued.Token)
		byTicket, _ := r.dial("/chat/ticket?ticket="+ticket, nil)
		r.says("a ticket", byTicket, "hello", "joe said hello")
		for _, path := range []string{"/chat/ticket?ticket=" + ticket, "/chat/ticket", "/chat"} {
			if conn, res := r.dial(path, nil); conn != nil || res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%.13s, used or none: got %d, want 401", path, res.StatusCode)
			}
		}
		if conn, res := r.dial("/chat", bearer(ticket+"x")); conn != nil || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("a ticket as a token: got %d, want 401", res.StatusCode)
		}

		r.closes("the token has expired", ends, "token_expired")
		r.says("a cookie, after the end of its token", byCookie, "hello", "joe said hello")
		r.says("a new token, after the end of the old one", goesOn, "hello", "joe said hello")
		r.end(issued)
		r.closes("the session of a ticket has ended", byTicket, "session_ended")
		r.end(short)
		r.closes("the session of a new token has ended", goesOn, "session_ended")
	})
}

// ticket gets a ticket for a token.
func (r *running) ticket(token string) string {
	req, err := http.NewRequestWithContext(r.t.Context(), "POST", "http://"+r.addr+"/auth/ticket", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = bearer(token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct{ Ticket string }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.StatusCode != http.StatusOK {
		r.t.Errorf("a ticket: got %d, %v", res.StatusCode, err)
	}
	return got.Ticket
}

// TestEventStreams: on each framework an event stream ends with an event that says why.
func TestEventStreams(t *testing.T) {
	onEach(t, []string{"coder", "gin", "echo", "echov5", "fiber", "fiberv3", "hertz"}, func(t *testing.T, r *running) {
		issued, short := r.issue("joe"), r.issue("ann", core.Payload{"exp": time.Now().Add(2 * time.Second).Unix()})
		ofSession, ofToken := r.events(issued.Token), r.events(short.Token)
		if got := read(t, ofSession, 3); got != "event: hello|data: joe||" {
			t.Errorf("got %q", got)
		}
		if got := read(t, ofToken, 3); got != "event: hello|data: ann||" {
			t.Errorf("got %q", got)
		}
		r.end(issued)
		if got := read(t, ofSession, 9); got != "event: end|data: session_ended||" {
			t.Errorf("the session: got %q", got)
		}
		if got := read(t, ofToken, 9); got != "event: end|data: token_expired||" {
			t.Errorf("the token: got %q", got)
		}
	})
}

func (r *running) events(token string) *bufio.Reader {
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", "http://"+r.addr+"/events", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = bearer(token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		r.t.Errorf("got %d, %v", res.StatusCode, res.Header)
	}
	return bufio.NewReader(res.Body)
}

// read reads so many lines, or up to the end.
func read(t *testing.T, from *bufio.Reader, lines int) (text string) {
	for range lines {
		line, err := from.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Error(err)
			break
		}
		text += strings.TrimRight(line, "\r\n") + "|"
	}
	return text
}

// TestGRPC: a stream of gRPC ends with a status that says why.
func TestGRPC(t *testing.T) {
	r := start(t, "grpc")
	conn, err := grpc.NewClient(r.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	issued := r.issue("joe")
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+issued.Token)
	stream, err := grpc_health_v1.NewHealthClient(conn).Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	r.end(issued)
	if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated || status.Convert(err).Message() != "session_ended" {
		t.Errorf("got %v", err)
	}
}
