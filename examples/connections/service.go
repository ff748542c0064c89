package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

var hashes = map[string][]byte{"joe": []byte("$2a$10$Gk92IiRVAD3/eXBWHzP2MOBROFAED.b./1dgTW8ISjGhy.KATZvii")} // bcrypt of "pass"

// service is the part that knows no framework.
type service struct {
	auth    *core.Auth[string]
	sockets *core.Auth[string] // for WebSockets of pages: the token may be a subprotocol
	tickets *core.Auth[string] // for those with a ticket in the query
}

// protocol is the subprotocol that we speak. A page offers it beside its token, and gets
// it back; the token is on no list of ours, so no answer repeats it.
const protocol = "chat.v1"

func newService() (*service, error) {
	key, err := keys.NewSecret([]byte(rand.Text() + rand.Text())) // for this run alone; see keys.Load
	if err != nil {
		return nil, err
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{}) // for many machines: stores/redisstore
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[string]{
		Keys: key,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			hash, known := hashes[c.Username]
			if !known {
				hash = hashes["joe"] // as slow for a name that nobody has
			}
			if bcrypt.CompareHashAndPassword(hash, []byte(c.Password)) != nil || !known {
				return "", core.BadCredentials
			}
			return c.Username, nil
		},
		Sources:  []core.Source{core.HeaderSource{}, core.CookieSource{}},
		Sessions: core.SessionConfig{Store: store, Realm: "connections"},
		Renew: func(_ context.Context, s sessions.Session) (string, error) {
			if hashes[s.Subject] == nil {
				return "", core.UnknownIdentity
			}
			return s.Subject, nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &service{
		auth:    auth,
		sockets: auth.WithSources(core.HeaderSource{}, core.ProtocolSource{}, core.CookieSource{}),
		tickets: auth.WithTickets(),
	}, nil
}

// routes are the endpoints: login, refresh, logout, and tickets.
func (s *service) routes() []core.Route { return append(s.auth.Routes(), s.auth.TicketRoute()) }

// bound ends a connection with its session where the token came in a cookie, which no page
// can read and send anew; else with its token, and a message with a new one lets it go on.
func (s *service) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	cred, _ := core.CredentialOf(ctx)
	if _, ok := cred.Source.(core.CookieSource); ok {
		return s.auth.UntilSession(ctx)
	}
	return s.auth.UntilToken(ctx)
}

// atEnd calls f when ctx ends. The handler calls stop before it returns, which waits for an
// f that has begun: afterwards a connection of fasthttp is nobody's, or somebody else's.
func atEnd(ctx context.Context, f func()) (stop func()) {
	over := make(chan struct{})
	off := context.AfterFunc(ctx, func() {
		defer close(over)
		f()
	})
	return func() {
		if !off() {
			<-over
		}
	}
}

// reply answers a message of a WebSocket, whose context is bounded. One that begins with
// "token " has a new token: the connection goes on as long as that one.
func (s *service) reply(ctx context.Context, message string) string {
	if token, ok := strings.CutPrefix(message, "token "); ok {
		if err := s.auth.Reauthenticate(ctx, token); err != nil {
			no, _ := errors.AsType[*core.Error](err)
			return "refused: " + no.Response().Refusal.Code // and nothing of the cause
		}
		return "accepted"
	}
	name, _ := core.Identity[string](ctx)
	return name + " said " + message
}

// stream writes an event stream until its context has ended, and last why. flush sends
// what is written; its error is that of a client that has gone.
func (s *service) stream(ctx context.Context, w io.Writer, flush func() error) {
	name, _ := core.Identity[string](ctx)
	fmt.Fprintf(w, "event: hello\ndata: %s\n\n", name)
	every := time.NewTicker(15 * time.Second) // in the place of what there is to tell
	defer every.Stop()
	for flush() == nil {
		select {
		case now := <-every.C:
			fmt.Fprintf(w, "data: %s\n\n", now.Format(time.TimeOnly))
		case <-ctx.Done():
			if why := core.WhyEnded(ctx); why != "" {
				fmt.Fprintf(w, "event: end\ndata: %s\n\n", why)
				_ = flush()
			}
			return
		}
	}
}
