package readme_test

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A flow is one of the diagrams of docs/steps.md: what is called, in which order.
type flow struct {
	name, title, begin, end string
	steps                   []step
}

// A step is a field of Config, or what is asked in its place; no is what a client
// gets if that is where it ends.
type step struct {
	name, does, no string
	maybe          bool // only if it is set
}

var (
	told    = step{"Who", "whom the event names", "", true}
	heard   = step{"Observer", "hears what came of it", "", true}
	payload = step{"Payload", "T → claims", "500", false}
	headers = step{"Headers", "T, claims → header", "500", true}
	encode  = step{"Encode", "header, claims → token", "500", false}
	answer  = step{"AuthResponse", "T, tokens → answer", "500", false}
	stamp   = step{"Stamp", "version of the credentials", "500", true}
	flows   = []flow{
		{"request", "A request at a gate", "request", "your handler", []step{
			{"Lookup", "request → credential", "none 401, two 400", false},
			{"Decode", "token → *Claims", "401, no keys 503", false},
			{"Sessions.Store", "was its session ended?", "401, down 503", true},
			{"Revocation", "was it called back?", "401, down 503", true},
			{"Identify", "*Claims → T", "nobody 401", false},
			{"guards", "may this one do this?", "403", true},
			told, heard,
		}},
		{"refused", "The same, refused", "a step said no", "answer", []step{
			{"OnError", "request, *Error → answer", "", false},
			told, heard,
		}},
		{"login", "A login", "POST /auth", "answer, with tokens", []step{
			{"Sessions.Store", "notes when it began", "down 503", true},
			{"Throttle", "too many attempts?", "429", true},
			{"Authenticate", "credentials → T", "401", false},
			{"settle", "Throttle's: how it went", "", true},
			{"Sessions.Label", "request → device", "500", true},
			stamp, payload, headers, encode, answer,
			{"Sessions.Store", "keeps the session", "401, down 503", true},
			told, heard,
		}},
		{"refresh", "A refresh", "POST /auth/refresh", "answer, with new tokens", []step{
			{"Sessions.Store", "whose token is it?", "401, down 503", false},
			{"Renew", "session → T", "401", false},
			stamp, payload, headers, encode, answer,
			{"Sessions.Store", "exchanges old for new", "401, down 503", false},
			told, heard,
		}},
	}
)

// TestSteps keeps the diagrams of docs/steps.md what the code does: the steps are
// recorded while they are called. With -update it draws them.
func TestSteps(t *testing.T) {
	for _, f := range flows {
		var want []string
		for _, s := range f.steps {
			want = append(want, s.name)
		}
		if got := recorded(t, f.name); !slices.Equal(got, want) {
			t.Errorf("%s: the steps are called in the order\n%q, and the diagram has\n%q", f.name, got, want)
		}
		file := filepath.Join(root(t), "docs", "steps-"+f.name+".svg")
		if *update {
			if err := os.WriteFile(file, []byte(f.svg()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != f.svg() {
			t.Errorf("%s is not the diagram of %s (%v); go test ./internal/readme -run TestSteps -update draws it", file, f.name, err)
		}
	}
}

// svg draws a flow from top to bottom, narrow enough for a phone, by day and by night.
func (f flow) svg() string {
	const width, high, gap = 420, 50, 24
	var b strings.Builder
	y := 8
	rect := func(class string, y, height int) {
		fmt.Fprintf(&b, `<rect class="%s" x="10" y="%d" width="260" height="%d" rx="8"/>`+"\n", class, y, height)
	}
	text := func(class string, x, y int, s string) {
		fmt.Fprintf(&b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, html.EscapeString(s))
	}
	rect("end", y, 34)
	text("name", 24, y+22, f.begin)
	y += 34
	for _, s := range f.steps {
		fmt.Fprintf(&b, `<path class="way" d="M140 %d v%d m-5 -6 l5 6 l5 -6"/>`+"\n", y, gap)
		y += gap
		class := "step"
		if s.maybe {
			class = "step maybe"
		}
		rect(class, y, high)
		text("name", 24, y+21, s.name)
		text("does", 24, y+39, s.does)
		if s.no != "" {
			fmt.Fprintf(&b, `<path class="no" d="M270 %d h20 m-6 -5 l6 5 l-6 5"/>`+"\n", y+high/2)
			text("no", 296, y+high/2+4, s.no)
		}
		y += high
	}
	fmt.Fprintf(&b, `<path class="way" d="M140 %d v%d m-5 -6 l5 6 l5 -6"/>`+"\n", y, gap)
	y += gap
	rect("end", y, 34)
	text("name", 24, y+22, f.end)
	y += 42
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s, step by step">
<style>
rect { fill: #ffffff; stroke: #0b5cad; stroke-width: 1.5; }
rect.maybe { stroke-dasharray: 5 4; }
rect.end { fill: #e3eefa; stroke: none; }
path { fill: none; stroke: #55606e; stroke-width: 1.5; }
path.no { stroke: #b3261e; }
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1b2430; }
text.name { font-weight: 600; font-size: 14px; }
text.does { fill: #55606e; }
text.no { fill: #b3261e; font-size: 12px; }
@media (prefers-color-scheme: dark) {
rect { fill: #161b22; stroke: #6cb6ff; }
rect.end { fill: #1c2d41; }
path { stroke: #9aa6b4; }
path.no { stroke: #ff9d94; }
text { fill: #dbe2ea; }
text.does { fill: #9aa6b4; }
text.no { fill: #ff9d94; }
}
</style>
%s</svg>
`, width, y, width, y, html.EscapeString(f.title), b.String())
}
