package core

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// TestArchitectureTable keeps the table of Kinds in ARCHITECTURE.md equal to the
// one in error.go.
func TestArchitectureTable(t *testing.T) {
	text := readArchitecture(t)
	const begin, end = "<!-- kinds: begin -->\n", "<!-- kinds: end -->"
	_, rest, ok := strings.Cut(text, begin)
	got, _, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("ARCHITECTURE.md has no %s … %s", begin, end)
	}
	if want := kindTable(); got != want {
		t.Errorf("the table of kinds in ARCHITECTURE.md is not the one in error.go; it is to be:\n%s", want)
	}
}

// kindTable prints kinds as Markdown. What a challenge holds is read off the
// answers themselves.
func kindTable() string {
	var b strings.Builder
	b.WriteString("| kind | name | below | status | `error` | challenge | `description` |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- |\n")
	for k := MissingToken; k < kindEnd; k++ {
		row := k.row()
		below, text := "", row.text
		if row.parent != 0 {
			below = kindNames[row.parent]
			if text == row.parent.row().text {
				text = "the same"
			}
		}
		e := &Error{Kind: k, Scopes: []string{"s"}, ACR: []string{"a"}, MaxAge: time.Second}
		var params []string
		for _, name := range []string{"realm", "error", "error_description", "scope", "acr_values", "max_age"} {
			if strings.Contains(e.Challenge(), " "+name+"=") {
				params = append(params, name)
			}
		}
		b.WriteString("| " + strings.Join([]string{
			kindNames[k], "`" + row.name + "`", below, strconv.Itoa(row.status), "`" + row.code + "`", strings.Join(params, ", "), text,
		}, " | ") + " |\n")
	}
	return strings.ReplaceAll(b.String(), "|  |", "| |")
}

// kindNames are the constants' names, which a program cannot ask for. A kind
// without one here is a test that fails.
var kindNames = [kindEnd]string{
	MissingToken: "MissingToken", BadRequest: "BadRequest", BadBody: "BadBody",
	BadToken: "BadToken", Malformed: "Malformed", WrongAlgorithm: "WrongAlgorithm", UnknownKey: "UnknownKey",
	BadSignature: "BadSignature", WrongType: "WrongType", Expired: "Expired", NotYetValid: "NotYetValid",
	IssuedInFuture: "IssuedInFuture", TooOld: "TooOld", WrongIssuer: "WrongIssuer", WrongAudience: "WrongAudience",
	MissingClaim: "MissingClaim", BadClaim: "BadClaim", Revoked: "Revoked", UnknownIdentity: "UnknownIdentity",
	BadRefresh: "BadRefresh", ReusedRefresh: "ReusedRefresh", RacedRefresh: "RacedRefresh",
	BadCredentials: "BadCredentials", StepUp: "StepUp", Forbidden: "Forbidden", InsufficientScope: "InsufficientScope",
	CSRF: "CSRF", MethodNotAllowed: "MethodNotAllowed", TooLarge: "TooLarge", UnsupportedMedia: "UnsupportedMedia",
	TooManyRequests: "TooManyRequests", Unavailable: "Unavailable", Internal: "Internal",
}

// TestKindTable holds the table itself to what ARCHITECTURE.md says around it.
func TestKindTable(t *testing.T) {
	names := map[string]Kind{}
	for k := MissingToken; k < kindEnd; k++ {
		row := k.row()
		if kindNames[k] == "" || row.name == "" || row.code == "" || row.text == "" || http.StatusText(row.status) == "" {
			t.Errorf("kind %d: the row is not complete: %q %+v", k, kindNames[k], *row)
		}
		if other, taken := names[row.name]; taken {
			t.Errorf("%s and %s have the name %q", kindNames[other], kindNames[k], row.name)
		}
		names[row.name] = k
		if (row.status == http.StatusUnauthorized) && row.challenge == noChallenge {
			t.Errorf("%s: a 401 without a challenge (RFC 9110 section 15.5.2)", kindNames[k])
		}
		if row.parent == BadToken && (row.code != BadToken.row().code || row.text != BadToken.row().text || row.status != BadToken.row().status) {
			t.Errorf("%s: its answer tells it from other bad tokens", kindNames[k])
		}
		if row.parent == BadRefresh && (row.code != BadRefresh.row().code || row.text != BadRefresh.row().text || row.status != BadRefresh.row().status) {
			t.Errorf("%s: its answer tells it from other bad refresh tokens", kindNames[k])
		}
		if strings.ContainsAny(row.code+row.text, `"\`) || !setup.PrintableASCII(row.code+row.text) {
			t.Errorf("%s: code or text would need escaping", kindNames[k])
		}
	}
}

// TestArchitectureRooms demands that the table of rooms in ARCHITECTURE.md has a
// row for every file of core, and no row without a file.
func TestArchitectureRooms(t *testing.T) {
	text := readArchitecture(t)
	_, rooms, ok := strings.Cut(text, "\n## The rooms\n")
	rooms, _, closed := strings.Cut(rooms, "\n## ")
	if !ok || !closed {
		t.Fatal("ARCHITECTURE.md has no section The rooms")
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	var patterns []string
	for i, word := range strings.Split(rooms, "`") {
		if i%2 == 1 && strings.HasSuffix(word, ".go") && !strings.Contains(word, "/") {
			patterns = append(patterns, word)
		}
	}
	matches := func(pattern, file string) bool {
		ok, err := filepath.Match(pattern, file)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		return ok
	}
	for _, f := range files {
		if !slices.ContainsFunc(patterns, func(p string) bool { return matches(p, f) }) {
			t.Errorf("ARCHITECTURE.md does not say what is in core/%s", f)
		}
	}
	for _, p := range patterns {
		if !slices.ContainsFunc(files, func(f string) bool { return matches(p, f) }) {
			t.Errorf("ARCHITECTURE.md speaks of core/%s, and there is no such file", p)
		}
	}
}

func readArchitecture(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
