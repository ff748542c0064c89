package main

import (
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
)

// help is the list of commands, of all or of those that begin with a word, or all about
// the one of that name; false if there is none.
func help(name string) (text string, ok bool) {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		if c.name == name {
			return c.help(), true
		}
		if name == "" || name == "help" || strings.HasPrefix(c.name, name+" ") {
			fmt.Fprintf(t, "  jwtgate %s\t%s\n", c.name, c.short)
		}
	}
	_ = t.Flush()
	if b.Len() == 0 {
		return "", false
	}
	return "jwtgate makes keys and tokens for development, and says why a token is refused.\n\n" + b.String() +
		"\njwtgate help COMMAND says more. Exit status: 0 yes or done, 1 no, 2 wrong call, 3 unknown.\n", true
}

// help is all about the command.
func (c command) help() string {
	var b strings.Builder
	fmt.Fprintf(&b, "usage: jwtgate %s\n\n%s: %s.\n", c.line(), c.name, c.short)
	if c.long != "" {
		fmt.Fprintf(&b, "\n%s\n", c.long)
	}
	b.WriteString("\nFlags:\n")
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, f := range c.allFlags() {
		value, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(t, "  -%s %s\t%s%s\n", f.Name, value, usage, defaultOf(f))
	}
	_ = t.Flush()
	return b.String()
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
