// Command bench measures jwtgate and its peers side by side: what a verified
// token costs, alone, through each framework and over loopback, and how that
// cost grows. README.md beside it says what is compared with what.
//
//	go run .          everything, in about eight minutes
//	go run . -quick   the same in a few seconds, for a look and for tests
//	go run . -show    print the last results again, and draw them again
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if child() {
		return
	}
	quick := flag.Bool("quick", false, "measure for a few seconds only; the figures are not to be quoted")
	show := flag.Bool("show", false, "measure nothing; use the results of the last run")
	dir := flag.String("o", "results", "directory for results.json, table.md and chart.svg")
	page := flag.String("page", "../../docs/benchmarks.md", "file that gets chart and tables between its markers, if it has them; a quick run leaves it alone")
	flag.Parse()
	if err := run(*quick, *show, *dir, *page); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(quick, show bool, dir, page string) error {
	if quick && dir == "results" {
		dir = filepath.Join(os.TempDir(), "jwtgate-bench-quick") // not over a full run's
	}
	var r *Results
	var err error
	if show {
		r, err = readResults(filepath.Join(dir, "results.json"))
	} else {
		p := fullPlan
		if quick {
			p = quickPlan
		}
		r, err = all(p, os.Stderr)
		if err == nil {
			r.Machine.Quick = quick
		}
	}
	if err != nil {
		return err
	}
	if err := r.write(dir); err != nil {
		return err
	}
	if !r.Machine.Quick {
		if err := intoPage(page, r.fragment()); err != nil {
			return err
		}
	}
	if err := r.report(os.Stdout); err != nil {
		return err
	}
	_, err = fmt.Printf("written: results.json, table.md and chart.svg in %s\n", dir)
	return err
}

// all measures everything.
func all(p plan, progress io.Writer) (*Results, error) {
	start := time.Now()
	gcBefore = p.Collect
	r := &Results{Machine: thisMachine(start), Versions: moduleVersions(), Absent: absent}
	r.Machine.Rounds = p.Rounds
	ring, err := newKeyring()
	if err != nil {
		return nil, err
	}
	fixtures, err := ring.fixtures()
	if err != nil {
		return nil, err
	}
	say := func(what string) { fmt.Fprintf(progress, "%4.0f s  %s\n", time.Since(start).Seconds(), what) }
	keep := func(groups []group, rounds int) error {
		for _, g := range groups { // before the order is shuffled
			r.Cells = append(r.Cells, g...)
		}
		return measure(groups, rounds, p.Sample, progress)
	}

	say("decode")
	groups, err := decodeGroups(fixtures)
	if err != nil {
		return nil, err
	}
	if err := keep(groups, p.Rounds); err != nil {
		return nil, err
	}
	say("through the frameworks")
	if groups, err = memoryGroups(fixtures); err != nil {
		return nil, err
	}
	if err := keep(groups, p.Rounds); err != nil {
		return nil, err
	}
	say("over loopback")
	loads, err := endToEnd(ring, fixtures, p, progress)
	if err != nil {
		return nil, err
	}
	r.Cells = append(r.Cells, loads...)
	say("growth")
	if groups, err = sizeGroups(fixtures[0]); err != nil {
		return nil, err
	}
	keys, err := keyGroups(p.MostKeys)
	if err != nil {
		return nil, err
	}
	if err := keep(append(groups, keys...), p.GrowRounds); err != nil {
		return nil, err
	}
	cores, err := coreCells(fixtures[0], p.Sample, p.GrowRounds)
	if err != nil {
		return nil, err
	}
	r.Cells = append(r.Cells, cores...)
	say("memory")
	r.Memory = []Memory{memoryOf(fixtures[0], min(p.MostCached, 100_000)), memoryBeyond(fixtures[0], min(p.MostCached, 10_000), p.Flood)}
	say("cached tokens")
	if err := keep(cacheGroups(fixtures[0], p.MostCached), p.GrowRounds); err != nil {
		return nil, err
	}
	r.Machine.Seconds = int(time.Since(start).Seconds())
	r.Targets = r.targets()
	return r, nil
}

func (r *Results) write(dir string) error {
	text, err := r.encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var errs []error
	for name, content := range map[string]string{"results.json": string(text), "table.md": r.markdown(), "chart.svg": r.chart()} {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	return errors.Join(errs...)
}

func readResults(path string) (*Results, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Results)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.Targets = r.targets()
	return r, nil
}

// docs/benchmarks.md shows what stands between these lines.
const (
	pageBegin = "<!-- bench: made by go run . in internal/bench -->\n"
	pageEnd   = "<!-- bench: end -->\n"
)

// intoPage puts the fragment between the markers of a file, if it has them.
func intoPage(path, fragment string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) || path == "" {
		return nil
	}
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), pageBegin)
	_, after, ends := strings.Cut(rest, pageEnd)
	if !begins || !ends {
		return nil
	}
	return os.WriteFile(path, []byte(before+pageBegin+fragment+pageEnd+after), 0o644)
}
