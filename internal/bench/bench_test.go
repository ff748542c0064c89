package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// testPlan is the least that measures everything once.
var testPlan = plan{
	Rounds: 2, Sample: 100 * time.Microsecond, GrowRounds: 1,
	LoadRounds: 1, LoadRequests: 16, MoreRounds: 1, MoreRequests: 8, AllLoads: true,
	MostCached: 100, Flood: 1000, MostKeys: 10,
}

func TestWholeRun(t *testing.T) {
	r, err := all(testPlan, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Cells {
		if len(c.Samples) == 0 || slices.ContainsFunc(c.Samples, func(ns float64) bool { return !(ns >= 0) }) {
			t.Errorf("%s: samples %v", c.name(), c.Samples)
		}
		if c.Name == cachedName && c.Input == Valid && (c.Level == levelDecode || c.Level == levelCache) && c.Allocs >= 1 {
			t.Errorf("%s: %v allocations: these are no hits", c.name(), c.Allocs)
		}
	}
	for _, target := range r.Targets {
		if target.Got.Value == notMeasured.Value || math.IsNaN(target.Got.Value) {
			t.Errorf("%s, %s: not measured", target.What, target.Where)
		}
	}
	dir := t.TempDir()
	if err := r.write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"results.json", "table.md", "chart.svg"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || len(text) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}

	// What was written is what is shown again.
	again, err := readResults(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.markdown(), r.markdown(); got != want {
		t.Errorf("table.md from results.json differs:\n%s\nwant:\n%s", got, want)
	}
	if got, want := again.chart(), r.chart(); got != want {
		t.Errorf("chart.svg from results.json differs")
	}
	wellFormed(t, r.chart())
	var report strings.Builder
	if err := r.report(&report); err != nil || !strings.Contains(report.String(), "met") {
		t.Errorf("report: %v:\n%s", err, &report)
	}
}

// The results that are committed are those of a full run, and the table and the
// chart beside them are made of them.
func TestCommittedResults(t *testing.T) {
	text, err := os.ReadFile("results/results.json")
	if err != nil {
		t.Fatal(err)
	}
	var r Results
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Machine.Quick || r.Machine.Rounds < 15 {
		t.Errorf("a run of %d rounds, quick: %t", r.Machine.Rounds, r.Machine.Quick)
	}
	r.Targets = r.targets()
	for name, want := range map[string]string{"table.md": r.markdown(), "chart.svg": r.chart()} {
		if got, err := os.ReadFile(filepath.Join("results", name)); err != nil || string(got) != want {
			t.Errorf("%s is not made of results.json; run go run . -show (%v)", name, err)
		}
	}
	wellFormed(t, r.chart())
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	rects := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("chart.svg: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local == "rect" {
			rects++
		}
		for _, a := range e.Attr {
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") || strings.HasPrefix(a.Value, "-") {
				t.Errorf("chart.svg: <%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
	if rects < 20 {
		t.Errorf("chart.svg: %d bars", rects)
	}
	if !strings.Contains(svg, "prefers-color-scheme: dark") {
		t.Error("chart.svg has no colours for dark mode")
	}
}

func TestRatioIsOfMedians(t *testing.T) {
	cell := func(ns ...float64) *Cell { return &Cell{Samples: ns} }
	for _, tt := range []struct {
		name       string
		a, b, less *Cell
		want       float64
	}{
		{"plain", cell(10, 20, 1000), cell(10, 10, 10), nil, 2},
		{"above a base", cell(110, 120, 130), cell(150, 140, 160), cell(100, 100, 100), 0.4},
		{"nothing measured", cell(), cell(1), nil, notMeasured.Value},
	} {
		if got := ratio(tt.a, tt.b, tt.less).Value; got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestIntoPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "benchmarks.md")
	for _, tt := range []struct{ name, before, want string }{
		{"between the markers", "a\n" + pageBegin + "old\n" + pageEnd + "b\n", "a\n" + pageBegin + "new\n" + pageEnd + "b\n"},
		{"without markers", "a\nb\n", "a\nb\n"},
		{"with half of them", "a\n" + pageBegin + "b\n", "a\n" + pageBegin + "b\n"},
	} {
		if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := intoPage(path, "new\n"); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if err := intoPage(filepath.Join(t.TempDir(), "absent"), "new\n"); err != nil {
		t.Errorf("no file: %v", err)
	}
}
