package migrate_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// An answer is what a client sees, but for what differs each time.
type answer struct {
	status int
	body   string
	header map[string]string
}

// The fields that clients may heed. Content-Length follows from the body, Date from the
// clock, and the other differences are the routers'.
var fields = []string{"Content-Type", "WWW-Authenticate", "Cache-Control", "Set-Cookie", "Vary", "Allow", "X-Content-Type-Options"}

var client = &http.Client{
	Timeout:       20 * time.Second,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func ask(t *testing.T, base string, r request) answer {
	t.Helper()
	status, header, body := send(t, base, r)
	a := answer{status, masked(body), map[string]string{}}
	for _, name := range fields {
		a.header[name] = masked(strings.Join(header.Values(name), ", "))
		if name == "Allow" { // a set; Flask's has no order
			methods := strings.Split(a.header[name], ", ")
			slices.Sort(methods)
			a.header[name] = strings.Join(methods, ", ")
		}
	}
	return a
}

func send(t *testing.T, base string, r request) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequest(r.method, base+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range r.header {
		req.Header.Add(h[0], h[1])
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

var masks = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`), "TOKEN"},
	{regexp.MustCompile(`"refresh_token":"[\w-]{20,}"`), `"refresh_token":"TOKEN"`},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)`), "DATE"},
	{regexp.MustCompile(`(?is)^<!doctype html.*`), "a page"},
	{regexp.MustCompile(`\s*\n\s*`), ""}, // the same JSON in one line
	{regexp.MustCompile(`": `), `":`},
	// In a challenge, where the body has the same words, or had none.
	{regexp.MustCompile(`error_description="[^"]*"`), `error_description="…"`},
	{regexp.MustCompile(`algs="[^"]*"`), `algs="…"`},
}

func masked(body string) string {
	for _, m := range masks {
		body = m.what.ReplaceAllString(body, m.with)
	}
	return strings.TrimSpace(body)
}

// said is an answer as the guides write it.
func (a answer) said() string {
	if a.body == "" {
		return fmt.Sprint(a.status)
	}
	return fmt.Sprintf("%d `%s`", a.status, a.body)
}

// shortened is an old answer without the texts that are others now: all that became one text,
// or good, are one row.
func (m move) shortened(old, new answer) answer {
	if m.texts != nil {
		old.body = m.texts.ReplaceAllStringFunc(old.body, func(member string) string {
			name, _, _ := strings.Cut(member, ":")
			if strings.Contains(new.body, member) {
				return member
			}
			return name + `:"…"`
		})
	}
	return old
}

// class is what the tables of header fields call an answer like this one, to a request
// at a path.
func (a answer) class(m move, path string) string {
	challenge := a.header["WWW-Authenticate"]
	switch {
	case !strings.HasPrefix(path, m.path) && path != "/nowhere" && path != "/optional":
		return "`" + path + "`"
	case a.status < 400:
		return "good answers"
	case strings.Contains(challenge, `error="invalid_token"`):
		return "a bad token"
	case a.status == http.StatusUnauthorized, a.status == http.StatusBadRequest && !strings.Contains(challenge, "error="):
		return "no token"
	}
	return fmt.Sprint(a.status)
}

// A comparison is of all requests of a move.
type comparison struct {
	rows    [][]string // requests, before, now
	headers [][]string // at, field, before, now
	alike   []string   // requests of this move alone whose status and body are the same
	same    int        // of all of them
	total   int
}

func compare(t *testing.T, m move) (c comparison) {
	before, now := m.before(t), m.now(t)
	all := gateRequests(m)
	common := len(all)
	if m.more != nil {
		all = append(all, m.more()...)
	}
	// add puts a name to the row of the same key.
	add := func(rows [][]string, name string, key ...string) [][]string {
		for _, row := range rows {
			if slices.Equal(row[1:], key) {
				if !slices.Contains(strings.Split(row[0], "; "), name) {
					row[0] += "; " + name
				}
				return rows
			}
		}
		return append(rows, append([]string{name}, key...))
	}
	for i, r := range all {
		old, new := ask(t, before, r), ask(t, now, r)
		c.total++
		if old.status == new.status && old.body == new.body {
			c.same++
			if i >= common {
				c.alike = append(c.alike, r.name)
			}
		} else {
			c.rows = add(c.rows, r.name, m.shortened(old, new).said(), new.said())
		}
		// An answer with another status is another answer; that it has a challenge then
		// needs no word of its own.
		if old.status != new.status {
			continue
		}
		for _, name := range fields {
			if name == "Content-Type" && r.method == http.MethodHead {
				continue // may be left out (RFC 9110 section 9.3.2)
			}
			if a, b := old.header[name], new.header[name]; a != b {
				c.headers = add(c.headers, new.class(m, r.path), name, quoted(a), quoted(b))
			}
		}
	}
	return c
}

func quoted(value string) string {
	if value == "" {
		return "none"
	}
	return "`" + value + "`"
}

// TestNotice holds what the guides say that clients notice to what they do: a difference
// without a row fails, and so does a row without a difference.
func TestNotice(t *testing.T) {
	for _, m := range moves {
		t.Run(m.from, func(t *testing.T) {
			c := compare(t, m)
			lines := section(t, m.guide, m.notice)
			hold(t, m, "answers", table(lines, "requests"), c.rows)
			hold(t, m, "header fields", table(lines, "at"), c.headers)
			alike := fmt.Sprintf("Status and body are the same for %d of %d requests", c.same, c.total)
			if c.alike != nil {
				alike += ", of this guide alone: " + strings.Join(c.alike, "; ")
			}
			alike += "."
			if !strings.Contains(strings.Join(lines, " "), alike) {
				t.Errorf("%s, %q should say:\n%s", m.guide, m.notice, alike)
			}
		})
	}
}

// hold compares a guide's rows, without the last column, with those that were measured.
func hold(t *testing.T, m move, what string, said, measured [][]string) {
	t.Helper()
	lack := func(in, rows [][]string) (text string) {
		for _, row := range rows {
			if !slices.ContainsFunc(in, func(r []string) bool { return len(r) >= len(row) && slices.Equal(r[:len(row)], row) }) {
				text += "| " + strings.Join(row, " | ") + " | |\n"
			}
		}
		return text
	}
	if rows := lack(said, measured); rows != "" {
		t.Errorf("%s lacks these %s:\n%s", m.guide, what, rows)
	}
	for i, row := range said {
		if len(row) < 2 || strings.TrimSpace(row[len(row)-1]) == "" {
			t.Errorf("%s: no reason: %s", m.guide, row)
			continue
		}
		said[i] = row[:len(row)-1]
	}
	if rows := lack(measured, said); rows != "" {
		t.Errorf("%s has %s that are not so:\n%s", m.guide, what, rows)
	}
}
