package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
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
	// flags declares the flags, and returns what runs with the arguments.
	flags func(*flag.FlagSet) runner
}

type runner func(ctx context.Context, e *env, args []string) (status int, err error)

// usageError is a call that is wrong.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// blame is the status of what a setting or a file got wrong: of the call, or of the
// world where the system says so.
func blame(err error) int {
	if errors.As(err, new(syscall.Errno)) {
		return unknown
	}
	return misused
}

// commands are all, in the order of help.
func commands() []command {
	return []command{
		keysNew, keysPublic, keysJWKS, keysRotate,
		tokenMint, tokenInspect, verify, doctor, serve,
		completion(), man(), version,
	}
}

// run is the program. What could not be printed, as to a disk that is full, is no yes.
func run(ctx context.Context, e *env, args []string) int {
	out := &written{Writer: e.stdout}
	e.stdout, e.json = out, asksJSON(args)
	status := find(ctx, e, args)
	if out.failed != nil {
		fmt.Fprintf(e.stderr, "jwtgate: %v\n", out.failed)
		return unknown
	}
	return status
}

// find finds the command and runs it.
func find(ctx context.Context, e *env, args []string) int {
	if len(args) == 0 {
		args = []string{""}
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c.run(ctx, e, args[len(words):])
		}
	}
	asked := isHelp(args[0])
	if asked {
		args = args[1:]
	}
	name := words(args)
	asked = asked || len(args) > 1 && isHelp(args[1]) // keys -h
	switch text, ok := help(name); {
	case ok && asked:
		e.tell("help", text)
		return yes
	case ok && !e.json: // nothing, or keys and none of its commands
		fmt.Fprint(e.stderr, text)
		return misused
	}
	e.fail("jwtgate", fmt.Errorf("there is no command %q%s", name, meant(name, groups()[""], names())), "jwtgate help")
	return misused
}

func isHelp(word string) bool {
	return slices.Contains([]string{"help", "h"}, strings.TrimLeft(word, "-"))
}

// words are what may name a command: not the token behind one that is misspelt.
func words(args []string) string {
	var list []string
	for _, a := range args {
		if len(list) > 0 && (strings.HasPrefix(a, "-") || isHelp(a)) || len(list) > 0 && groups()[list[0]] == nil {
			break
		}
		if list = append(list, a); len(list) == 2 {
			break
		}
	}
	return strings.Join(list, " ")
}

func names() (all []string) {
	for _, c := range commands() {
		all = append(all, c.name)
	}
	return all
}

func (c command) run(ctx context.Context, e *env, args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	run := c.flags(fs)
	output := outputFlag(fs)
	args, err := parse(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		text, _ := help(c.name)
		e.tell("help", text)
		return yes
	}
	if err == nil && *output != "text" && *output != "json" {
		err = fmt.Errorf("-o %s: want text or json", *output)
	}
	if err == nil && c.args == "" && len(args) > 0 {
		err = errors.New("it takes no arguments")
	}
	if err != nil {
		err = usageError{err}
	}
	status := misused
	if err == nil {
		status, err = run(ctx, e, args)
	}
	if err == nil {
		return status
	}
	if errors.As(err, new(usageError)) {
		e.fail("jwtgate "+c.name, err, "jwtgate "+c.line())
		return misused
	}
	e.fail("jwtgate "+c.name, err, "")
	return max(status, no)
}

// line is how it is called.
func (c command) line() string {
	return strings.TrimSpace(c.name + " [flags] " + c.args)
}
