package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
)

// jsonAsked finds -o json in arguments that are joined with NUL, which none has in it.
var jsonAsked = regexp.MustCompile(`(^|\x00)--?o[=\x00]json(\x00|$)`)

// asksJSON is about a call that may be wrong: what is said of that is JSON, too.
func asksJSON(args []string) bool { return jsonAsked.MatchString(strings.Join(args, "\x00")) }

// print writes v as JSON if that is wanted, else as text does. Of output that is lost
// run hears.
func (e *env) print(v any, text func(w io.Writer)) error {
	if !e.json {
		text(e.stdout)
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, _ = io.WriteString(e.stdout, escaped(b.String()))
	return nil
}

// tell prints a text, the one member of its JSON.
func (e *env) tell(name, text string) {
	_ = e.print(map[string]string{name: text}, func(w io.Writer) { fmt.Fprint(w, text) }) // which is JSON always
}

// fail says what went wrong, and how it is called if the call was wrong.
func (e *env) fail(who string, err error, usage string) {
	var list []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		list = append(list, errors.New(escaped(strings.ReplaceAll(line, "jwtgate: ", ""))))
	}
	text := errors.Join(list...).Error()
	if e.json {
		_ = e.print(struct {
			Error string `json:"error"`
			Usage string `json:"usage,omitempty"`
		}{text, usage}, nil)
		return
	}
	fmt.Fprintf(e.stderr, "%s: %s\n", who, text)
	if usage != "" {
		fmt.Fprintf(e.stderr, "usage: %s\n", usage)
	}
}

// written remembers the first failure, as of a disk that is full.
type written struct {
	io.Writer
	failed error
}

func (w *written) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.failed == nil {
		w.failed = err
	}
	return n, err
}

// escaped writes what a terminal would obey, or not show, as JSON does: other people's
// texts cannot command it, or turn around what stands beside them. JSON stays the same
// JSON, since nothing of the sort stands outside of its texts.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
