package adaptertest

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Fuzz sends the same field lines to all frameworks. Whatever they are, the status
// is the same everywhere, and nothing fails.
func Fuzz(f *testing.F, mounts ...Mount) {
	for _, c := range append(requestCases(), placeCases()...) {
		head, _, _ := strings.Cut(c.Raw, "\r\n\r\n")
		line, fields, _ := strings.Cut(head, "\r\n")
		if !steered(fields) {
			f.Add(strings.HasPrefix(line, "POST"), fields)
		}
	}
	servers := serve(f, mounts, newApp)
	wires := make([]*wire, len(servers))
	f.Fuzz(func(t *testing.T, post bool, fields string) {
		raw := "GET /cookie?access_token=x HTTP/1.1\r\n" + fields + "\r\n\r\n"
		if post {
			raw = "POST /cookie HTTP/1.1\r\n" + fields + "\r\nContent-Length: 0\r\n\r\n"
		}
		if steered(fields) || len(raw) > 8<<10 {
			t.Skip() // what ends the request elsewhere, or no server reads, says nothing of the fields
		}
		var first Answer
		for i, s := range servers {
			a := exchange(t, &wires[i], s, raw)
			if i == 0 {
				first = a
			}
			if a.Status != first.Status || a.Status >= 500 {
				t.Errorf("%s: got %d, %s: got %d\n%q", s.Name, a.Status, servers[0].Name, first.Status, raw)
			}
		}
	})
}

// exchange asks over a connection that is kept as long as the server keeps it.
func exchange(t *testing.T, w **wire, s server, raw string) Answer {
	for {
		fresh := *w == nil
		if fresh {
			*w = connect(t, s.addr)
		}
		(*w).send(raw)
		a, closes, err := (*w).read(false)
		if closes {
			_ = (*w).conn.Close()
			*w = nil
		}
		if err == nil {
			return a
		}
		if fresh || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%s: %v\n%q", s.Name, err, raw)
		}
	}
}

var (
	// steering are fields by which a server, not core, decides what to do.
	steering = regexp.MustCompile(`(?i)^(content-length|transfer-encoding|trailer|expect|connection|upgrade)[ \t]*$`)
	// plainHost is a Host that every server and router takes.
	plainHost = regexp.MustCompile(`(?i)^ *[a-z0-9.-]+(:[0-9]{1,4})? *$`)
)

// steered reports whether a server, or a router, may answer by itself, or where
// the fields end is its business. docs/frameworks.md lists the differences.
func steered(fields string) bool {
	lines := strings.Split(fields, "\n")
	named, host := false, false // of the field that the line belongs to
	for i, line := range lines {
		if i < len(lines)-1 {
			line = strings.TrimSuffix(line, "\r")
		}
		name, value, colon := strings.Cut(line, ":")
		folded := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		if !folded {
			named = colon
			host = strings.EqualFold(strings.TrimSpace(name), "host")
		}
		switch {
		case strings.Trim(line, " \t\r") == "", // the end of the fields
			folded && (i == 0 || colon || host),
			!named && i == len(lines)-1, // fasthttp waits for more
			steering.MatchString(name),
			host && !folded && !plainHost.MatchString(value):
			return true
		}
	}
	return false
}
