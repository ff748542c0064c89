package adaptertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// timeout ends what waits for something that does not come.
func timeout() <-chan time.Time { return time.After(10 * time.Second) }

// Show answers with who is there, as JSON, and with 500 if the places where that
// can be read disagree: the adapter, the neutral context, the framework's store.
func Show(seen Seen) core.Response {
	user, ok := core.Identity[*User](seen.Context)
	c, hasClaims := core.ClaimsOf(seen.Context)
	switch {
	case user != seen.User || ok != seen.HasUser:
		return disagreement("Identity of the adapter", seen.User, "of the context", user)
	case c != seen.Claims || hasClaims != seen.HasClaims:
		return disagreement("Claims of the adapter", seen.HasClaims, "of the context", hasClaims)
	case ok != hasClaims:
		return disagreement("an identity", ok, "claims", hasClaims)
	}
	stored, _ := seen.Stored.(context.Context)
	if seen.NoStore {
		stored = seen.Context
	}
	if mirror, mirrored := core.Identity[*User](stored); mirror != user || mirrored != ok {
		return disagreement("Identity of the context", user, "of what is stored", mirror)
	}
	if seen.Own != nil {
		own, found := core.Identity[*User](seen.Own)
		ownCred, _ := core.CredentialOf(seen.Own)
		ownClaims, _ := core.ClaimsOf(seen.Own)
		if cred, _ := core.CredentialOf(seen.Context); own != user || found != ok || ownClaims != c || ownCred.Token != cred.Token {
			return disagreement("Identity of the context", user, "of the framework's own", own)
		}
	}
	cred, _ := core.CredentialOf(seen.Context)
	var answer struct {
		User string `json:"user"`
		Role string `json:"role"`
		By   string `json:"by"`
	}
	if ok {
		answer.User, answer.Role = user.Name, user.Role
		place := strings.Replace(fmt.Sprintf("%T", cred.Source), "core.SourceFunc", "Custom", 1)
		place = strings.TrimSuffix(strings.TrimPrefix(place, "core."), "Source")
		answer.By = strings.TrimSpace(place + " " + cred.Scheme)
	}
	body, err := json.Marshal(answer)
	check(err)
	return core.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: append(body, '\n')}
}

func disagreement(a string, x any, b string, y any) core.Response {
	return core.Response{Status: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"text/plain"}},
		Body: fmt.Appendf(nil, "%s: %v, %s: %v\n", a, x, b, y)}
}

// recorder is an Observer that remembers the last event, because all bad tokens are
// answered alike.
type recorder struct {
	mu   sync.Mutex
	last core.Event
}

func (r *recorder) Observe(_ context.Context, e core.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = e
}

// take returns the last event's kind and forgets it.
func (r *recorder) take() core.Kind { return r.event().Kind }

// event returns the last event and forgets it.
func (r *recorder) event() core.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.last
	r.last = core.Event{}
	return e
}

// events: the Observer is told which framework and route a request came by.
func events(t *testing.T, servers []server) {
	for _, s := range servers {
		for route, raw := range map[string]string{"/me": me(good("joe")), "/auth": post("/auth", loginJoe)} {
			w := dial(t, s.addr)
			w.send(raw)
			if a, _, err := w.read(false); err != nil || a.Status != 200 {
				t.Errorf("%s, %s: got %d, %v", s.Name, route, a.Status, err)
			}
			if s.Framework == "" {
				route = ""
			}
			if e := s.app.recorder.event(); e.Framework != s.Framework || e.Route != route {
				t.Errorf("%s: got the framework %q and the route %q, want %q and %q", s.Name, e.Framework, e.Route, s.Framework, route)
			}
		}
	}
}

// keeper keeps what a handler was given beyond the request, as caches and
// goroutines of an application do.
type keeper struct {
	mu   sync.Mutex
	kept []kept
}

type kept struct {
	read func() string // reads what was kept
	want string        // what it read at the time
}

// find is a core.SourceFunc that keeps every string that core.Request has.
func (k *keeper) find(r core.Request) (core.Credential, error) {
	all := []string{r.Method(), r.Scheme(), r.Host(), r.Path(), r.RawQuery(), r.RemoteAddr()}
	all = append(append(all, r.Header("Authorization")...), r.Header("Cookie")...)
	k.add(func() string { return strings.Join(all, " ") })
	return core.HeaderSource{}.Find(r)
}

func (k *keeper) add(read func() string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = append(k.kept, kept{read, strings.Clone(read())})
}

func (k *keeper) keep(seen Seen) core.Response {
	k.add(func() string {
		cred, _ := core.CredentialOf(seen.Context)
		raw, _ := seen.Claims.MarshalJSON()
		return fmt.Sprintf("%+v %s %s %s", *seen.User, cred.Token, cred.Scheme, raw)
	})
	return Show(seen)
}
