package conform

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
	}
}

// server is one framework with the application on it.
type server struct {
	name string
	addr string
	app  *App
}

func start(t testing.TB, mounts []Mount) []server {
	t.Helper()
	var servers []server
	for _, m := range mounts {
		app := newApp()
		servers = append(servers, server{m.Name, m.Serve(t, app), app})
	}
	return servers
}

// Run runs all cases against the frameworks. Each must give the answer that the
// row says, and all of them the same.
func Run(t *testing.T, mounts ...Mount) {
	servers := start(t, mounts)
	for group, cases := range Cases() {
		t.Run(group, func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) { run(t, servers, c) })
			}
		})
	}
	t.Run("connection", func(t *testing.T) { runConnections(t, servers) })
}

func run(t *testing.T, servers []server, c Case) {
	if len(c.Want) == 0 {
		t.Fatal("the row has no answer")
	}
	first := ask(t, servers[0], c)
	for i, want := range c.Want {
		report(t, servers[0].name, i, want.diff(first[i]))
	}
	for _, s := range servers[1:] {
		for i, got := range ask(t, s, c) {
			want := c.Want[i]
			report(t, s.name, i, want.diff(got))
			if same := first[i]; want.diff(same) != "" { // the row may be wrong: say where they differ, too
				same.Anyone = want.Anyone
				report(t, s.name+" beside "+servers[0].name, i, same.diff(got))
			}
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
			t.Errorf("%s, answer %d: %v", s.name, i+1, err)
			return got
		}
		got[i].Kind = want.Kind // of all but the last the Observer may have forgotten
		if i == len(c.Want)-1 {
			got[i].Kind = s.app.recorder.take()
		}
	}
	if rest := w.end(); strings.TrimSpace(rest) != "" {
		t.Errorf("%s: got %q after the last answer", s.name, rest)
	}
	return got
}
