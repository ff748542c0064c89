package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// The exit status.
const (
	yes     = 0 // done, too
	no      = 1 // a token is refused, a check fails
	misused = 2
	unknown = 3 // it could not find out, or not do it
)

// env is all that a command sees of the world, so that tests can make one.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	now            func() time.Time
	json           bool // -o json
}

// command is a row of the table. What help, the manual page and the completions say
// comes out of it.
type command struct {
	name  string // "keys new"
	args  string // "[FILE]"
	short string // what it does, for the list
	long  string // the rest, in lines of at most 80 characters
	// flags declares the flags, and returns what runs with the arguments after them.
	flags func(*flag.FlagSet) runner
}

type runner func(ctx context.Context, e *env, args []string) (status int, err error)

// usageError is a call that is wrong.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// commands are all, in the order of help.
func commands() []command {
	return []command{
		keysNew, keysPublic, keysJWKS, keysRotate,
		tokenMint, tokenInspect, verify, doctor, serve,
		completion(), man(), version,
	}
}

// run finds the command and runs it.
func run(ctx context.Context, e *env, args []string) int {
	if len(args) == 0 {
		help(e.stderr, "")
		return misused
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c.run(ctx, e, args[len(words):])
		}
	}
	if name := strings.TrimLeft(args[0], "-"); name == "help" || name == "h" {
		if help(e.stdout, strings.Join(args[1:], " ")) {
			return yes
		}
		args = args[1:]
	}
	fmt.Fprintf(e.stderr, "jwtgate: there is no command %q; jwtgate help lists them\n", strings.Join(args, " "))
	return misused
}

func (c command) run(ctx context.Context, e *env, args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	run := c.flags(fs)
	output := outputFlag(fs)
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		help(e.stdout, c.name)
		return yes
	}
	if err == nil && *output != "text" && *output != "json" {
		err = fmt.Errorf("-o %s: want text or json", *output)
	}
	if err != nil {
		err = usageError{err}
	}
	status := misused
	if err == nil {
		e.json = *output == "json"
		status, err = run(ctx, e, fs.Args())
	}
	if err == nil {
		return status
	}
	fmt.Fprintf(e.stderr, "jwtgate %s: %v\n", c.name, err)
	if errors.As(err, new(usageError)) {
		fmt.Fprintf(e.stderr, "usage: jwtgate %s\n", c.line())
		return misused
	}
	return max(status, no)
}

func outputFlag(fs *flag.FlagSet) *string {
	return fs.String("o", "text", "`format` of the output: text or json")
}

// line is how it is called.
func (c command) line() string {
	return strings.TrimSpace(c.name + " [flags] " + c.args)
}

// print writes v as JSON if that is wanted, else as text does.
func (e *env) print(v any, text func(w io.Writer)) error {
	if !e.json {
		text(e.stdout)
		return nil
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
