package adaptertest

import (
	"strings"
	"testing"
)

// Case is a row of the table: what is sent on one connection, and what comes
// back for it, one answer for each request in it.
type Case struct {
	Name string // the paragraph, the CVE or the rule of ours that says so, and the case
	Raw  string
	Want []Answer
}

// row makes a Case. The rows are easier to read without field names.
func row(name, raw string, want ...Answer) Case { return Case{name, raw, want} }

// Cases are all rows, by what they are about.
func Cases() map[string][]Case {
	return map[string][]Case{
		"request":  requestCases(),
		"place":    placeCases(),
		"token":    tokenCases(),
		"header":   headerCases(),
		"claims":   claimCases(),
		"view":     viewCases(),
		"callback": callbackCases(),
		"gate":     gateCases(),
		"method":   methodCases(),
		"cookie":   cookieCases(),
		"login":    loginCases(),
		"body":     bodyCases(),
		"clock":    clockCases(),
		"protocol": protocolCases(),
		"provider": providerCases(),
	}
}

// server is one framework with the application on it.
type server struct {
	Mount
	addr string
	app  *App
}

// serve puts an application on each of the frameworks.
func serve(t testing.TB, mounts []Mount, app func() *App) (servers []server) {
	t.Helper()
	for _, m := range mounts {
		a := app()
		servers = append(servers, server{m, m.Serve(t, a), a})
	}
	return servers
}

// Run runs all cases against the frameworks. Each must give the answer that the
// row says, or the one that its [Mount] declares, and all of them the same. It takes
// half a minute, weighs the heap, and so wants no other test beside it.
func Run(t *testing.T, mounts ...Mount) {
	servers := serve(t, mounts, newApp)
	session, ring := newSessionApp(t), newTestRing()
	tables := Cases()
	asked := func(group string, servers []server, cases []Case) {
		tables[group] = cases
		t.Run(group, func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) { run(t, servers, c) })
			}
		})
	}
	for group, cases := range Cases() {
		asked(group, servers, cases)
	}
	asked("Flask", serve(t, mounts, flaskApp), flaskCases())
	asked("sessions", serve(t, mounts, func() *App { return session.App }), sessionCases(session))
	published := serve(t, mounts, func() *App { return ringApp(ring, clock) })
	asked("keys", published, keyCases(ring))
	asked("resource", published, resourceCases(ring))
	t.Run("server", func(t *testing.T) { runServerCases(t, servers) })
	t.Run("events", func(t *testing.T) { events(t, serve(t, mounts, newApp)) })
	t.Run("TLS", func(t *testing.T) { overTLS(t, mounts) })
	t.Run("connection", func(t *testing.T) { runConnections(t, servers) })
	t.Run("client that is gone", func(t *testing.T) { clientGone(t, mounts) })
	t.Run("clients that hang up", func(t *testing.T) { clientsThatHangUp(t, mounts) })
	t.Run("logins", func(t *testing.T) { loginsBy(t, mounts) })
	t.Run("delivery", func(t *testing.T) { deliveries(t, mounts) })
	t.Run("life of sessions", func(t *testing.T) { sessionFlow(t, mounts) })
	t.Run("connections that last", func(t *testing.T) { lasting(t, mounts) })
	t.Run("rotation", func(t *testing.T) { rotation(t, mounts) })
	t.Run("what is kept", func(t *testing.T) { whatIsKept(t, mounts) })
	for _, m := range mounts {
		checkDeclared(t, m, tables)
	}
}

func run(t *testing.T, servers []server, c Case) {
	if len(c.Want) == 0 {
		t.Fatal("the row has no answer")
	}
	var first []Answer // of the first framework whose server does not answer before us
	var who string
	for _, s := range servers {
		if declared, ok := s.Before[c.Name]; ok {
			runBefore(t, s, c, declared)
			continue
		}
		answers := ask(t, s, c)
		for i, got := range answers {
			want := c.Want[i]
			report(t, s.Name, i, want.diff(got))
			if first != nil && want.diff(first[i]) != "" { // the row may be wrong: say where they differ, too
				same := first[i]
				same.Anyone = want.Anyone
				report(t, s.Name+" beside "+who, i, same.diff(got))
			}
		}
		if first == nil {
			first, who = answers, s.Name
		}
	}
}

func report(t *testing.T, who string, i int, diff string) {
	t.Helper()
	if diff != "" {
		t.Errorf("%s, answer %d: %s", who, i+1, diff)
	}
}

// ask sends a case's bytes on a connection of their own. The result has as many
// answers as the row wants; nothing may come after the last.
func ask(t *testing.T, s server, c Case) []Answer {
	t.Helper()
	s.app.recorder.take()
	w := dial(t, s.addr)
	w.send(c.Raw)
	got := make([]Answer, len(c.Want))
	for i, want := range c.Want {
		var err error
		if got[i], _, err = w.read(want.Head); err != nil {
			t.Errorf("%s, answer %d: %v", s.Name, i+1, err)
			return got
		}
		got[i].Kind = want.Kind // of all but the last the Observer may have forgotten
		if i == len(c.Want)-1 {
			got[i].Kind = s.app.recorder.take()
		}
	}
	if rest := w.end(); strings.TrimSpace(rest) != "" {
		t.Errorf("%s: got %q after the last answer", s.Name, rest)
	}
	return got
}
