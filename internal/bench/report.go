package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// report prints everything as text.
func (r *Results) report(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	m := r.Machine
	fmt.Fprintf(w, "Measured on %s: %s, %d cores, %s, %s; %d rounds in %d s\n", m.Date, m.CPU, m.Cores, m.OS, m.Go, m.Rounds, m.Seconds)
	if m.Quick {
		fmt.Fprintln(w, "A quick run: too short for its figures to be quoted.")
	}
	fmt.Fprintln(w, "Figures are CPU time: median (middle half of the rounds), allocations.")
	for _, a := range r.Absent {
		fmt.Fprintf(w, "Not measured: %s: %s.\n", a.Name, a.Why)
	}
	last := ""
	for _, c := range r.Cells {
		title := strings.TrimSpace(fmt.Sprintf("%s  %s  %s  %s", c.Level, c.Framework, c.Alg, c.Input))
		if c.At != "" {
			title = strings.TrimSpace(fmt.Sprintf("%s %s  %s", c.Level, c.At, c.Alg))
		}
		if title != last {
			if err := t.Flush(); err != nil {
				return err
			}
			fmt.Fprintf(w, "\n%s\n", title)
			last = title
		}
		allocs := fmt.Sprintf("%.4g", c.Allocs)
		if c.Level == levelLoad {
			allocs = ""
		}
		fmt.Fprintf(t, "  %s\t %s\t(%s-%s)\t%s\t%s\t%s\t\n", c.Name+strings.Repeat(" ", max(0, 28-len(c.Name))),
			nanoseconds(c.Median()), nanoseconds(quantile(c.Samples, 0.25)), nanoseconds(quantile(c.Samples, 0.75)),
			allocs, r.times(c), c.Note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nTargets: ratios of medians (middle half of the rounds' own ratios)\n")
	what := ""
	met := 0
	for _, g := range r.Targets {
		if g.What != what {
			what = g.What
			fmt.Fprintf(w, "\n%s, at most %s\n", what, g.amount(g.Most))
		}
		verdict := "met"
		if met++; !g.Met {
			verdict = "NOT MET"
			met--
		}
		fmt.Fprintf(w, "  %-14s %8s", g.Where, g.amount(g.Got.Value))
		if g.Unit == "" {
			fmt.Fprintf(w, " (%.3g-%.3g)", g.Got.Low, g.Got.High)
		}
		fmt.Fprintf(w, "  %s", verdict)
		if g.Allocs != "" {
			fmt.Fprintf(w, "; allocations %s", g.Allocs)
		}
		if g.Beside != "" {
			fmt.Fprintf(w, "; %s", g.Beside)
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "\n%d of %d met\n", met, len(r.Targets))
	return err
}

// times is how a cell compares with what its group is compared with.
func (r *Results) times(c *Cell) string {
	unit, name := c, ""
	switch c.Level {
	case levelDecode:
		unit, name = r.find(c.Level, "", c.Alg, c.Input, rawName), "raw"
	case levelMemory, levelLoad:
		unit, name = r.find(c.Level, c.Framework, c.Alg, c.Input, bareName), "bare"
	case levelSize:
		unit, name = r.findAt(c.Level, "", c.Alg, c.Input, c.At, hmacName), "raw HMAC"
	}
	if unit == c || len(unit.Samples) == 0 || unit.Name == c.Name {
		return ""
	}
	return fmt.Sprintf("%.2f x %s", c.Median()/unit.Median(), name)
}

func (t Target) amount(x float64) string {
	switch {
	case x == notMeasured.Value:
		return "not measured"
	case t.Unit == "%":
		return fmt.Sprintf("%.2f %%", x)
	case t.Unit != "":
		return fmt.Sprintf("%.0f %s", x, t.Unit)
	}
	return fmt.Sprintf("%.3g", x)
}

func nanoseconds(ns float64) string {
	switch {
	case ns < 1000:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 100_000:
		return fmt.Sprintf("%.2f µs", ns/1000)
	}
	return fmt.Sprintf("%.0f µs", ns/1000)
}
