package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// failing is a store whose answer gets lost at the point that it is told: before
// the call reaches the store, or after it was carried out.
type failing struct {
	sessions.Store
	mu            sync.Mutex
	before, after string
}

var errLost = errors.New("the connection was lost")

func (f *failing) set(before, after string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

// at returns whether a call fails before and after it.
func (f *failing) at(name string) (before, after error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.before == name {
		before = errLost
	}
	if f.after == name {
		after = errLost
	}
	return before, after
}

func (f *failing) Ticket(ctx context.Context, realm string) (int64, error) {
	if before, _ := f.at("Ticket"); before != nil {
		return 0, before
	}
	return f.Store.Ticket(ctx, realm)
}

func (f *failing) Create(ctx context.Context, c sessions.Creation) (sessions.Created, error) {
	before, after := f.at("Create")
	if before != nil {
		return sessions.Created{}, before
	}
	made, err := f.Store.Create(ctx, c)
	return made, errors.Join(err, after)
}

func (f *failing) Find(ctx context.Context, realm, id string, token sessions.TokenHash, now time.Time) (sessions.Outcome, error) {
	if before, _ := f.at("Find"); before != nil {
		return sessions.Outcome{}, before
	}
	return f.Store.Find(ctx, realm, id, token, now)
}

func (f *failing) Rotate(ctx context.Context, r sessions.Rotation) (sessions.Outcome, error) {
	before, after := f.at("Rotate")
	if before != nil {
		return sessions.Outcome{}, before
	}
	found, err := f.Store.Rotate(ctx, r)
	if after != nil {
		return sessions.Outcome{}, after
	}
	return found, err
}

func (f *failing) End(ctx context.Context, realm, id string) error {
	before, after := f.at("End")
	if before != nil {
		return before
	}
	return errors.Join(f.Store.End(ctx, realm, id), after)
}

func (f *failing) EndSubject(ctx context.Context, realm, subject string, now time.Time) error {
	before, after := f.at("EndSubject")
	if before != nil {
		return before
	}
	return errors.Join(f.Store.EndSubject(ctx, realm, subject, now), after)
}

func (f *failing) Ended(ctx context.Context, realm, id string, now time.Time) (bool, error) {
	if before, _ := f.at("Ended"); before != nil {
		return false, before
	}
	return f.Store.Ended(ctx, realm, id, now)
}

// testFailing: whatever step the world stops at, nobody gets a token that the
// store does not know, nobody is logged out, and to try again is enough.
func testFailing(t *testing.T, b *bench) {
	clock := jwttest.NewClock(start)
	store := &failing{Store: b.store}
	cfg := config(store, clock.Now, nil)
	auth, err := core.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	unavailable := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, core.Unavailable) || !errors.Is(err, errLost) {
			t.Errorf("%s: got %v, want Unavailable", name, err)
		}
	}
	for _, when := range []string{"before", "after"} {
		lose := func(call string) {
			if when == "before" {
				store.set(call, "")
			} else {
				store.set("", call)
			}
		}
		name := func(call string) string { return fmt.Sprintf("%s %s", when, call) }

		lose("Create")
		issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
		unavailable(name("Create"), err)
		if issued.Token != "" || issued.RefreshToken != "" {
			t.Errorf("%s: tokens were handed out", name("Create"))
		}
		lose("")
		if issued, err = auth.Issue(t.Context(), core.Moment{}, "joe"); err != nil {
			t.Fatal(err)
		}

		clock.Advance(time.Minute)
		lose("Rotate")
		for range 2 { // the client tries again, within the grace and its count
			_, err = auth.Renew(t.Context(), issued.RefreshToken)
			if when == "before" {
				unavailable(name("Rotate"), err)
			}
			clock.Advance(time.Second)
		}
		lose("")
		next, err := auth.Renew(t.Context(), issued.RefreshToken)
		if err != nil || next.RefreshToken == "" || next.RefreshToken == issued.RefreshToken {
			t.Fatalf("%s, tried again: %v", name("Rotate"), err)
		}
		if again, err := auth.Renew(t.Context(), next.RefreshToken); err != nil {
			t.Fatalf("%s, the token after it: %v", name("Rotate"), err)
		} else {
			next = again
		}

		clock.Advance(time.Minute)
		lose("End")
		unavailable(name("End"), auth.EndSession(t.Context(), next.Session.ID))
		// A token used twice while the session cannot be ended is no token at all.
		_, err = auth.Renew(t.Context(), issued.RefreshToken)
		if when == "before" {
			unavailable(name("End")+", a token used twice", err)
		} else if !errors.Is(err, core.BadRefresh) {
			t.Errorf("%s: got %v, want BadRefresh", name("End"), err)
		}
		lose("")
		if err := auth.EndSession(t.Context(), next.Session.ID); err != nil {
			t.Errorf("%s, tried again: %v", name("End"), err)
		}
		if _, err := auth.Renew(t.Context(), next.RefreshToken); !errors.Is(err, core.BadRefresh) {
			t.Errorf("%s, tried again: got %v, want BadRefresh", name("End"), err)
		}
	}
	for _, when := range []string{"before", "after"} {
		store.set("", "")
		issued, err := auth.Issue(t.Context(), core.Moment{}, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if when == "before" {
			store.set("EndSubject", "")
		} else {
			store.set("", "EndSubject")
		}
		unavailable(when+" EndSubject", auth.EndSessionsOf(t.Context(), "ann"))
		store.set("", "")
		if err := auth.EndSessionsOf(t.Context(), "ann"); err != nil {
			t.Errorf("%s EndSubject, tried again: %v", when, err)
		}
		if _, err := auth.Renew(t.Context(), issued.RefreshToken); !errors.Is(err, core.BadRefresh) {
			t.Errorf("%s EndSubject, tried again: got %v, want BadRefresh", when, err)
		}
	}
	store.set("Ticket", "")
	issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
	unavailable("before Ticket", err)
	if issued.Token != "" || issued.RefreshToken != "" {
		t.Error("before Ticket: tokens were handed out")
	}
	store.set("", "")
	issued, err = auth.Issue(t.Context(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	store.set("Find", "")
	_, err = auth.Renew(t.Context(), issued.RefreshToken)
	unavailable("before Find", err)
	store.set("Ended", "")
	claims, err := core.Decoder(cfg.Keys, core.ClaimRules{Now: clock.Now})(t.Context(), issued.Token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = (core.SessionRevocation{Store: store, Realm: realm, Now: clock.Now}).Revoked(t.Context(), claims); err == nil {
		t.Error("before Ended: got no error")
	}
}
