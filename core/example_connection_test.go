package core_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// exampleAuth has sessions, so that there is something to end.
func exampleAuth() *core.Auth[string] {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys:     key,
		Sessions: core.SessionConfig{Store: store, Realm: "shop"},
		Renew:    func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth
}

// An event stream that ends with its session, and tells its page so.
func ExampleAuth_UntilSession() {
	auth := exampleAuth()
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	stream := func(w http.ResponseWriter, ctx context.Context) { // behind a gate
		ctx, done := auth.UntilSession(ctx)
		defer done()
		fmt.Fprint(w, "event: hello\ndata: joe\n\n")
		_ = auth.EndSession(ctx, issued.Session.ID) // somebody logs joe out
		<-ctx.Done()                                // in a select, beside what there is to send
		if why := core.WhyEnded(ctx); why != "" {
			fmt.Fprintf(w, "event: end\ndata: %s\n\n", why)
		}
	}
	r := httptest.NewRequest("GET", "/events", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	ctx, _, _ := auth.Require()(core.FromHTTP(r)) // an adapter does this
	w := httptest.NewRecorder()
	stream(w, ctx)
	fmt.Print(w.Body)
	// Output:
	// event: hello
	// data: joe
	//
	// event: end
	// data: session_ended
}

// A message with a new token lets a connection go on.
func ExampleAuth_Reauthenticate() {
	auth := exampleAuth()
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/chat", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	ctx, _, _ := auth.Require()(core.FromHTTP(r))
	ctx, done := auth.UntilToken(ctx)
	defer done()

	next, err := auth.Renew(ctx, issued.RefreshToken) // the client's to do
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(auth.Reauthenticate(ctx, next.Token))
	anns, err := auth.Issue(ctx, core.Moment{}, "ann")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(auth.Reauthenticate(ctx, anns.Token))
	// Output:
	// <nil>
	// jwtgate: forbidden: the token is of another issuer, subject or session than the connection
}

// A page gets a ticket with its token, and opens a WebSocket with the ticket.
func ExampleAuth_WithTickets() {
	auth := exampleAuth()
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	ctx, _, _ := auth.Require()(core.FromHTTP(r))
	ticket, err := auth.Ticket(ctx) // auth.TicketRoute() is an endpoint that answers with one
	if err != nil {
		log.Fatal(err)
	}
	sockets := auth.WithTickets().Require() // for the routes of WebSockets
	for range 2 {
		ctx, res, ok := sockets(core.FromHTTP(httptest.NewRequest("GET", "/chat?ticket="+ticket, nil)))
		name, _ := auth.Identity(ctx)
		fmt.Println(ok, name, res.Status)
	}
	// Output:
	// true joe 0
	// false  401
}

// A page cannot set a field of a WebSocket's handshake but its subprotocols.
func ExampleProtocolSource() {
	find := core.Lookup(core.ProtocolSource{})
	r := httptest.NewRequest("GET", "/chat", nil)
	r.Header.Set("Sec-WebSocket-Protocol", "chat.v1, access_token.x.y.z")
	c, err := find(core.FromHTTP(r))
	fmt.Println(c.Token, err)
	// Output: x.y.z <nil>
}
