package setup_test

import (
	"errors"
	"io"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

func TestMistakes(t *testing.T) {
	var rules, list setup.Mistakes
	if list.Err("x.New") != nil {
		t.Error("no mistakes: got an error")
	}
	rules.Add("Leeway", "leave it 0", "%v is negative", -1)
	rules = append(rules, io.EOF)
	list.Add("Keys", "", "cannot be read: %w", io.ErrUnexpectedEOF)
	list.In("Rules", rules)
	err := list.Err("x.New")
	const want = "x.New: Keys: cannot be read: unexpected EOF\nRules.Leeway: -1 is negative; leave it 0\nRules: EOF"
	if err.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", err, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, io.EOF) {
		t.Error("the errors behind mistakes are lost")
	}
	var fields []string
	for _, e := range setup.Each(err) {
		var m *setup.Mistake
		if !errors.As(e, &m) {
			t.Fatalf("%v is no Mistake", e)
		}
		fields = append(fields, m.Field)
	}
	if len(fields) != 3 || fields[1] != "Rules.Leeway" {
		t.Errorf("got the fields %q", fields)
	}
	if rules[0].(*setup.Mistake).Field != "Leeway" {
		t.Error("In has changed the inner list")
	}
	if got := setup.Each(io.EOF); len(got) != 1 || setup.Each(nil) != nil {
		t.Errorf("Each of one error: got %v", got)
	}
}

func TestSetup(t *testing.T) {
	n := 0
	setup.Default(&n, 7)
	setup.Default(&n, 8)
	if n != 7 {
		t.Errorf("Default: got %d", n)
	}
	var p *int
	var f func()
	for _, v := range []any{nil, p, f, []int(nil), map[string]int(nil), (chan int)(nil)} {
		if !setup.IsNil(v) {
			t.Errorf("%T: not nil", v)
		}
	}
	if setup.IsNil(n) || setup.IsNil(&n) {
		t.Error("a value is nil")
	}
	if !setup.PrintableASCII("a ~") || setup.PrintableASCII("\t") || setup.PrintableASCII("\x7f") || setup.PrintableASCII("é") {
		t.Error("PrintableASCII")
	}
}
