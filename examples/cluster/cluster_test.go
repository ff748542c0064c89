package main

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestCluster: what one node does holds on all.
func TestCluster(t *testing.T) {
	c, proxy := newCluster(t)
	client := &http.Client{Timeout: 10 * time.Second}
	// must asks through the proxy, or at a node of its own, and wants this status.
	must := func(t *testing.T, want int, method, url, access, body string) answer {
		t.Helper()
		a := ask(client, method, url, access, body)
		if a.Status != want {
			t.Fatalf("%s %s: got %v, want %d", method, url, a, want)
		}
		return a
	}
	node := func(i int) string { return "http://" + c.nodes[i%len(c.nodes)].addr }

	t.Run("every node knows the login", func(t *testing.T) {
		addr, err := freeAddr()
		check(t, err)
		own, err := startProxy(addr, c.nodes) // what stands in for nginx
		check(t, err)
		defer own.Close()
		tokens := must(t, 200, "POST", proxy+"/auth", "", login("joe"))
		for _, proxy := range []string{proxy, "http://" + addr} {
			seen := map[string]int{}
			for range 9 {
				a := must(t, 200, "GET", proxy+"/me", tokens.Access, "")
				if seen[a.Node]++; a.User != "joe" {
					t.Errorf("got the user %q, want joe", a.User)
				}
			}
			if len(seen) != 3 || seen["gin"] == 0 || seen["echo"] == 0 || seen["fiber"] == 0 {
				t.Errorf("got calls on %v, want gin, echo and fiber", seen)
			}
		}
	})

	t.Run("refresh on changing nodes", func(t *testing.T) {
		tokens := must(t, 200, "POST", node(0)+"/auth", "", login(userName(0)))
		first := tokens
		for i := range 6 {
			tokens = must(t, 200, "POST", node(i)+"/auth/refresh", "", refresh(tokens.Refresh))
			must(t, 200, "GET", node(i+1)+"/me", tokens.Access, "")
		}
		list := must(t, 200, "GET", node(2)+"/auth/sessions", tokens.Access, "").Sessions
		is := func(s listed) bool { return s.Current && s.ID == sid(first.Access) && s.Label == agent }
		if !slices.ContainsFunc(list, is) {
			t.Errorf("got the list %v, want the session %s in it as the current one", list, sid(first.Access))
		}
	})

	t.Run("two nodes refresh at once", func(t *testing.T) {
		tokens := must(t, 200, "POST", proxy+"/auth", "", login(userName(0)))
		var got [4]answer // one who is first, and as many more as the grace is for
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i] = ask(client, "POST", node(i)+"/auth/refresh", "", refresh(tokens.Refresh)) })
		}
		wg.Wait()
		for _, a := range got {
			if a.Status != 200 || a.Refresh != got[0].Refresh || a.Access != got[0].Access {
				t.Errorf("got %v, want the same tokens for all", a)
			}
		}
	})

	t.Run("a stolen token", func(t *testing.T) {
		// Of more than eight tokens in a grace the first is forgotten, which makes it
		// as good as one whose grace is over.
		tokens := must(t, 200, "POST", node(0)+"/auth", "", login(userName(0)))
		stolen := tokens.Refresh
		for i := range 10 {
			tokens = must(t, 200, "POST", node(i)+"/auth/refresh", "", refresh(tokens.Refresh))
		}
		must(t, 401, "POST", node(1)+"/auth/refresh", "", refresh(stolen))
		for i := range 3 {
			must(t, 401, "POST", node(i)+"/auth/refresh", "", refresh(tokens.Refresh))
			felt(t, client, node(i), tokens.Access, time.Now())
		}
	})

	// Each way to log out is felt on the nodes that have just been asked about the
	// session, and so need not ask Redis again, within the bound.
	for i, tt := range []struct {
		name string
		out  func(t *testing.T, url string, tokens answer)
	}{
		{"logout", func(t *testing.T, url string, tokens answer) {
			must(t, 204, "POST", url+"/auth/logout", tokens.Access, "")
		}},
		{"logout with the refresh token", func(t *testing.T, url string, tokens answer) {
			must(t, 204, "POST", url+"/auth/logout", "", refresh(tokens.Refresh))
		}},
		{"logout everywhere", func(t *testing.T, url string, tokens answer) {
			must(t, 204, "POST", url+"/auth/logout-all", tokens.Access, "")
		}},
		{"end one by id", func(t *testing.T, url string, tokens answer) {
			other := must(t, 200, "POST", url+"/auth", "", login(userName(0)))
			must(t, 204, "DELETE", url+"/auth/sessions?id="+sid(tokens.Access), other.Access, "")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var most time.Duration
			for round := range 4 {
				tokens := must(t, 200, "POST", proxy+"/auth", "", login(userName(0)))
				for j := range c.nodes {
					must(t, 200, "GET", node(j)+"/me", tokens.Access, "")
				}
				tt.out(t, node(i+round), tokens)
				acknowledged := time.Now()
				for j := range c.nodes {
					most = max(most, felt(t, client, node(j), tokens.Access, acknowledged))
				}
				must(t, 401, "POST", node(i+round+1)+"/auth/refresh", "", refresh(tokens.Refresh))
			}
			t.Logf("the last call that passed was %v after the logout, the bound is %v", most, staleness)
		})
	}

	t.Run("nobody is told of a logout", func(t *testing.T) {
		server := redis.NewClient(&redis.Options{Addr: c.redis.addr})
		defer server.Close()
		check(t, server.Do(t.Context(), "ACL", "SETUSER", "default", "-subscribe").Err())
		check(t, server.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err())
		tokens := must(t, 200, "POST", proxy+"/auth", "", login(userName(0)))
		for j := range c.nodes {
			must(t, 200, "GET", node(j)+"/me", tokens.Access, "")
		}
		must(t, 204, "POST", node(0)+"/auth/logout", tokens.Access, "")
		acknowledged := time.Now()
		var most time.Duration
		for j := range c.nodes {
			most = max(most, felt(t, client, node(j), tokens.Access, acknowledged))
		}
		if most < staleness/10 {
			t.Error("somebody was told")
		}
		t.Logf("the last call that passed was %v after the logout, the bound is %v", most, staleness)
	})
}

// felt asks a node until it refuses an access token. It returns how long after the
// logout was acknowledged the last request was sent that was not refused.
func felt(t *testing.T, client *http.Client, node, access string, acknowledged time.Time) (last time.Duration) {
	t.Helper()
	for {
		late := time.Since(acknowledged)
		a := ask(client, "GET", node+"/me", access, "")
		switch {
		case a.Status == 401:
			return last
		case a.Status != 200:
			t.Fatalf("%s: got %v, want 200 or 401", node, a)
		case late > staleness:
			t.Fatalf("%s: still good %v after the logout, the bound is %v", node, late, staleness)
		}
		last = late
	}
}
