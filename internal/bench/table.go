package main

import (
	"fmt"
	"slices"
	"strings"
)

// markdown is everything that is worth reading, as tables.
func (r *Results) markdown() string {
	var b strings.Builder
	b.WriteString(r.measuredOn())
	r.decodeTable(&b)
	r.middlewareTable(&b)
	r.growthTable(&b)
	r.targetTable(&b)
	for _, a := range r.Absent {
		fmt.Fprintf(&b, "\nNot measured: %s: %s.\n", a.Name, a.Why)
	}
	return b.String()
}

// fragment is what docs/benchmarks.md shows.
func (r *Results) fragment() string {
	var b strings.Builder
	b.WriteString(r.measuredOn())
	b.WriteString("![What a token costs: jwtgate beside its peers](../internal/bench/results/chart.svg)\n\n")
	r.decodeTable(&b)
	r.middlewareTable(&b)
	b.WriteString("\nHow cost grows, and the targets: [table.md](../internal/bench/results/table.md); what is compared with what: [internal/bench](../internal/bench/README.md).\n")
	return b.String()
}

func (r *Results) measuredOn() string {
	m := r.Machine
	text := fmt.Sprintf("Measured on %s, %s, %d cores, %s, %s: medians of %d interleaved rounds of CPU time, from one run of `go run .` in `internal/bench`.\n",
		m.Date, m.CPU, m.Cores, m.OS, m.Go, m.Rounds)
	if m.Quick {
		text += "This was a quick run, too short to be quoted.\n"
	}
	return text + "Read ratios, not nanoseconds.\n\n"
}

func (r *Results) decodeTable(b *strings.Builder) {
	b.WriteString("From a valid token to its verified subject, times the raw signature check (allocations):\n\n| |")
	for _, alg := range algorithmNames {
		b.WriteString(" " + alg + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" ---: |", len(algorithmNames)) + "\n")
	for _, l := range libraries {
		b.WriteString("| " + r.titled(l.Name) + " |")
		for _, alg := range algorithmNames {
			c, raw := r.find(levelDecode, "", alg, Valid, l.Name), r.find(levelDecode, "", alg, Valid, rawName)
			if l.Name == rawName {
				fmt.Fprintf(b, " %s |", nanoseconds(c.Median()))
			} else {
				fmt.Fprintf(b, " %s (%.4g) |", ratioText(c.Median()/raw.Median()), c.Allocs)
			}
		}
		b.WriteString("\n")
	}
}

func ratioText(x float64) string {
	switch {
	case x < 0.01:
		return fmt.Sprintf("%.3f", x)
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// titled is a name with its version.
func (r *Results) titled(name string) string {
	if v := r.Versions[name]; v != "" && !strings.HasSuffix(name, " "+v[:2]) {
		return name + " " + v
	} else if v != "" {
		return strings.TrimSuffix(name, " "+v[:2]) + " " + v
	}
	return name
}

func (r *Results) middlewareTable(b *strings.Builder) {
	b.WriteString("\nWhole middleware, CPU time over the bare framework (allocations); end to end: CPU time of the server process for a request over loopback, RS256, times the bare handler:\n\n" +
		"| | | HS256 | RS256 | bad signature | missing token | end to end |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
	type row struct{ framework, name string }
	var rows []row
	for _, c := range r.Cells {
		if k := (row{c.Framework, c.Name}); c.Level == levelMemory && c.Name != hmacName && c.Name != bareName && c.Name != refusalName && !slices.Contains(rows, k) {
			rows = append(rows, k)
		}
	}
	for _, row := range rows {
		fmt.Fprintf(b, "| %s | %s |", row.framework, r.titled(row.name))
		for _, col := range []struct {
			alg string
			in  Input
		}{{"HS256", Valid}, {"RS256", Valid}, {"HS256", BadSignature}, {"HS256", Missing}} {
			c, bare := r.find(levelMemory, row.framework, col.alg, col.in, row.name), r.find(levelMemory, row.framework, col.alg, col.in, bareName)
			if len(c.Samples) == 0 {
				b.WriteString(" |")
				continue
			}
			fmt.Fprintf(b, " %s (%.4g) |", nanoseconds(c.Median()-bare.Median()), c.Allocs-bare.Allocs)
		}
		if c := r.find(levelLoad, row.framework, "RS256", Valid, row.name); len(c.Samples) > 0 {
			fmt.Fprintf(b, " %.2f |", c.Median()/r.find(levelLoad, row.framework, "RS256", Valid, bareName).Median())
		} else {
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
}

func (r *Results) growthTable(b *strings.Builder) {
	b.WriteString("\nHow cost grows, CPU time of a decode:\n\n| | |\n| --- | --- |\n")
	type row struct{ level, name string }
	var rows []row
	cells := map[row][]string{}
	for _, c := range r.Cells {
		if c.At == "" {
			continue
		}
		k := row{c.Level, c.Name}
		if cells[k] == nil {
			rows = append(rows, k)
		}
		cells[k] = append(cells[k], c.At+": "+nanoseconds(c.Median()))
	}
	for _, k := range rows {
		fmt.Fprintf(b, "| %s: %s | %s |\n", k.level, k.name, strings.Join(cells[k], ", "))
	}
}

func (r *Results) targetTable(b *strings.Builder) {
	b.WriteString("\nTargets:\n\n| what | where | target | measured | |\n| --- | --- | ---: | ---: | --- |\n")
	for _, t := range r.Targets {
		verdict := "met"
		if !t.Met {
			verdict = "**not met**"
		}
		if t.Allocs != "" {
			verdict += "; allocations " + t.Allocs
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", t.What, t.Where, t.amount(t.Most), t.amount(t.Got.Value), verdict)
	}
}
