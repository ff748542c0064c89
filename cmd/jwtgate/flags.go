package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
)

// parse reads the flags, wherever among the arguments they stand; "--" ends them.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, flagError(fs, err)
		}
		left := fs.Args()
		ended := len(left) < len(args) && args[len(args)-len(left)-1] == "--"
		if len(left) == 0 || ended {
			return append(rest, left...), nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}

// flagError says which flag may have been meant.
func flagError(fs *flag.FlagSet, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return err
	}
	var all []string
	fs.VisitAll(func(f *flag.Flag) { all = append(all, "-"+f.Name) })
	return fmt.Errorf("there is no flag -%s%s", name, meant("-"+name, all))
}

// meant asks for the one of these that a word may have been meant for.
func meant(word string, lists ...[]string) string {
	best, least := "", 3
	for _, one := range slices.Concat(lists...) {
		d := distance(strings.ToLower(word), strings.ToLower(one))
		if strings.HasSuffix(one, " "+word) { // mint, of token mint
			d = 0
		}
		if d < least && d < len(one)-1 {
			best, least = one, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is how many letters are to be changed, added or left out.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

func outputFlag(fs *flag.FlagSet) *string {
	return fs.String("o", "text", "`format` of the output: text or json")
}
