package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

func completion() command {
	return command{
		name:  "completion",
		args:  "bash|zsh|fish",
		short: "print what completes commands and flags in a shell",
		long: `bash:  source <(jwtgate completion bash)
zsh:   source <(jwtgate completion zsh)
fish:  jwtgate completion fish | source`,
		flags: func(*flag.FlagSet) runner {
			return func(_ context.Context, e *env, args []string) (int, error) {
				shells := map[string]func(io.Writer){"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
				if len(args) != 1 || shells[args[0]] == nil {
					return misused, usagef("name a shell: bash, zsh or fish")
				}
				var b strings.Builder
				shells[args[0]](&b)
				e.tell("script", b.String())
				return yes, nil
			}
		},
	}
}

// bashCompletion completes the words of commands, then the flags of the one that was
// written, and else files.
func bashCompletion(w io.Writer) {
	fmt.Fprint(w, `_jwtgate() {
	local cur=${COMP_WORDS[COMP_CWORD]} line="${COMP_WORDS[*]:1:COMP_CWORD-1}" words=
	case $line in
`)
	all := groups()
	for _, first := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(w, "\t%q) words=%q ;;\n", first, strings.Join(all[first], " "))
	}
	for _, c := range commands() {
		fmt.Fprintf(w, "\t%q*) words=%q ;;\n", c.name, strings.Join(c.flagNames(), " "))
	}
	fmt.Fprint(w, `	esac
	COMPREPLY=()
	if [[ $words && ( $line == "" || $cur == -* || $words != -* ) ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		local IFS=$'\n' # names may have spaces
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _jwtgate jwtgate
`)
}

// groups are the words that may follow a first one: of "", the first ones.
func groups() map[string][]string {
	all := map[string][]string{"": {"help"}, "completion": {"bash", "zsh", "fish"}}
	for _, c := range commands() {
		first, second, two := strings.Cut(c.name, " ")
		if !slices.Contains(all[""], first) {
			all[""] = append(all[""], first)
		}
		if two {
			all[first] = append(all[first], second)
		}
	}
	all["help"] = all[""][1:]
	return all
}

func (c command) flagNames() (names []string) {
	for _, f := range c.allFlags() {
		names = append(names, "-"+f.Name)
	}
	return names
}

// zshCompletion is bash's: zsh knows its functions.
func zshCompletion(w io.Writer) {
	fmt.Fprintln(w, "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit")
	bashCompletion(w)
}

func fishCompletion(w io.Writer) {
	quoted := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
	}
	all := groups()
	for _, first := range slices.Sorted(maps.Keys(all)) {
		on, words := "__fish_use_subcommand", strings.Join(all[first], " ")
		if first != "" {
			on = "__fish_seen_subcommand_from " + first + "; and not __fish_seen_subcommand_from " + words
		}
		fmt.Fprintf(w, "complete -c jwtgate -n %s -f -a %s\n", quoted(on), quoted(words))
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		on := "__fish_seen_subcommand_from " + strings.Join(words, "; and __fish_seen_subcommand_from ")
		for _, f := range c.allFlags() {
			value, usage := flag.UnquoteUsage(f)
			if value != "" { // it has one, which comes next
				value = " -r"
			}
			fmt.Fprintf(w, "complete -c jwtgate -n %s -o %s%s -d %s\n", quoted(on), f.Name, value, quoted(usage))
		}
	}
}
