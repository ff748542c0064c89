package main

import (
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
)

// help writes the list of commands, or all about the one of that name. It says
// whether there is one.
func help(w io.Writer, name string) bool {
	if name == "" {
		fmt.Fprint(w, "jwtgate makes keys and tokens for development, and says why a token is refused.\n\n")
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		for _, c := range commands() {
			fmt.Fprintf(t, "  jwtgate %s\t%s\n", c.name, c.short)
		}
		_ = t.Flush()
		fmt.Fprint(w, "\njwtgate help COMMAND says more. Exit status: 0 yes or done, 1 no, 2 wrong call, 3 unknown.\n")
		return true
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		fmt.Fprintf(w, "usage: jwtgate %s\n\n%s: %s.\n", c.line(), c.name, c.short)
		if c.long != "" {
			fmt.Fprintf(w, "\n%s\n", c.long)
		}
		fmt.Fprint(w, "\nFlags:\n")
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		for _, f := range c.allFlags() {
			value, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(t, "  -%s %s\t%s%s\n", f.Name, value, usage, defaultOf(f))
		}
		_ = t.Flush()
		return true
	}
	return false
}

// allFlags are the flags of the command, in the order of their names.
func (c command) allFlags() (all []*flag.Flag) {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.flags(fs)
	outputFlag(fs)
	fs.VisitAll(func(f *flag.Flag) { all = append(all, f) })
	return all
}

func defaultOf(f *flag.Flag) string {
	if f.DefValue == "" || f.DefValue == "false" || f.DefValue == "0" || f.DefValue == "0s" {
		return ""
	}
	return " (default " + f.DefValue + ")"
}
