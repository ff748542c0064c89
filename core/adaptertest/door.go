package adaptertest

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// Door is an adapter for a protocol that does not answer as HTTP does, mounted for
// [RunOutcomes]; "gRPC, a client's stream" is one, and each other way of calling is
// another.
type Door struct {
	Name string
	// Open serves a handler behind the gate, with the adapter's Use, until the test
	// ends. The handler calls found with what the adapter's Identity and Claims return.
	Open func(t *testing.T, gate core.Gate, found func(user *User, ok bool, claims *core.Claims, has bool)) Call
}

// Call makes one call with these values of Authorization, and reads what came back,
// as a client of the protocol does: the zero [Outcome] if the handler's answer did.
type Call func(ctx context.Context, authorization ...string) Outcome

// Outcome is what a client is told.
type Outcome struct {
	// Code is that of gRPC and Connect, as the latter writes it: "permission_denied".
	// Status is HTTP's. A Door fills in the one that its protocol has, or both.
	Code   string
	Status int
	// Reason is the public error code, as it is in the body over HTTP, and Text the
	// sentence for people; of an answer without a body, http.StatusText of its status.
	Reason, Text string
	// Scopes are those that the call needs.
	Scopes []string
	// RetryAfter is how long to wait, in whole seconds.
	RetryAfter time.Duration
}

// OutcomeCase is a row of the table of outcomes.
type OutcomeCase struct {
	Name          string
	Gate          core.Gate
	Authorization []string
	// User is whom the handler finds; "" is nobody.
	User string
	// Want is the zero value if the call passes.
	Want Outcome
	// WantHTTP, if it is set, is wanted in its place of a Door that answers in HTTP, as
	// one that reads a Status and no Code does.
	WantHTTP *Outcome
}

// RunOutcomes makes the calls of [OutcomeCases] at a door. An adapter's test is
//
//	adaptertest.RunOutcomes(t, adaptertest.Door{Name: "mine", Open: open})
//
// where open starts a server, puts the gate before a handler, and returns a function
// that calls it; those of grpcjwt and connectjwt are some to copy.
func RunOutcomes(t *testing.T, door Door) {
	var current atomic.Pointer[OutcomeCase]
	var found atomic.Pointer[string] // by the handler; nil if it was not reached
	gate := func(r core.Request) (context.Context, core.Response, bool) { return current.Load().Gate(r) }
	call := door.Open(t, gate, func(user *User, ok bool, claims *core.Claims, has bool) {
		name := ""
		if user != nil {
			name = user.Name
		}
		if ok != has || ok != (user != nil) || ok != (claims != nil) || ok && claims.Subject() != name {
			name = "two that differ"
		}
		if !found.CompareAndSwap(nil, &name) {
			t.Error("the handler was reached twice")
		}
	})
	for _, c := range OutcomeCases() {
		t.Run(c.Name, func(t *testing.T) {
			current.Store(&c)
			found.Store(nil)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			got := call(ctx, c.Authorization...)
			switch who := found.Load(); {
			case c.Want.passes() && (who == nil || *who != c.User):
				t.Errorf("the handler found %v, want %q", who, c.User)
			case !c.Want.passes() && who != nil:
				t.Errorf("the handler was reached, and found %q", *who)
			}
			want := c.Want
			if c.WantHTTP != nil && got.Status != 0 && got.Code == "" {
				want = *c.WantHTTP
			}
			if !want.is(got) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func (o Outcome) passes() bool { return o.Code == "" && o.Status == 0 }

// is compares what a door has read. It must have read a code or a status.
func (o Outcome) is(got Outcome) bool {
	if o.passes() != got.passes() ||
		got.Code != "" && got.Code != o.Code ||
		got.Status != 0 && got.Status != o.Status {
		return false
	}
	sort := func(scopes []string) string { return strings.Join(slices.Sorted(slices.Values(scopes)), " ") }
	return got.Reason == o.Reason && got.Text == o.Text && got.RetryAfter == o.RetryAfter && sort(got.Scopes) == sort(o.Scopes)
}
