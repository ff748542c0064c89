package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

func man() command {
	return command{
		name:  "man",
		short: "print the manual page",
		long:  "jwtgate man | man -l -   shows it; as jwtgate.1 it is installed.",
		flags: func(*flag.FlagSet) runner {
			return func(_ context.Context, e *env, _ []string) (int, error) {
				var b strings.Builder
				manual(&b)
				e.tell("manual", b.String())
				return yes, nil
			}
		},
	}
}

// manual writes the page out of the table of commands, in the language of man(7).
func manual(w io.Writer) {
	fmt.Fprint(w, `.TH JWTGATE 1
.SH NAME
jwtgate \- keys and tokens for development, and why a token is refused
.SH SYNOPSIS
.B jwtgate
.I command
[flags] [arguments]
.SH COMMANDS
`)
	for _, c := range commands() {
		fmt.Fprintf(w, ".SS %s\n.B jwtgate\n%s\n.PP\n%s.\n", roff(c.name), roff(c.line()), roff(c.short))
		if c.long != "" {
			fmt.Fprintf(w, ".PP\n.nf\n%s\n.fi\n", roff(c.long))
		}
		for _, f := range c.allFlags() {
			value, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(w, ".TP\n.BI \\-%s \" %s\"\n%s\n", roff(f.Name), roff(value), roff(usage+defaultOf(f)))
		}
	}
	fmt.Fprint(w, `.SH EXIT STATUS
.TP
.B 0
yes, or done
.TP
.B 1
no: the token is refused, a check fails
.TP
.B 2
the call is wrong
.TP
.B 3
it could not be found out, or not be done
.SH ENVIRONMENT
The server's own variables, as
.BR JWT_PUBLIC_KEY_FILE ,
where no flag names a key.
`)
}

// roff is a text in which nothing is an order to roff.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
