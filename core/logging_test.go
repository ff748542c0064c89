package core_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/explain"
)

// logged is what was written since it was last taken.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *logged) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *logged) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.text.Reset()
	return h.text.String()
}

// TestRefusalsInAggregate: at the default level there is the first refusal of each
// sort, with its reason, and a minute later how many there were; whether somebody
// sends one token or a million.
func TestRefusalsInAggregate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logged
		log := core.LogObserver(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "took_ms" {
				return slog.Attr{}
			}
			return a
		}})))
		refuse := func(times int, action core.Action, kind core.Kind) {
			for range times {
				log.Observe(t.Context(), core.Event{Action: action, Kind: kind})
			}
		}
		said := func() string {
			synctest.Wait()
			return out.take()
		}
		refuse(1000, core.ActionVerify, core.Expired)
		refuse(20, core.ActionLogin, core.BadCredentials)
		refuse(1, core.ActionVerify, core.MissingToken)
		refuse(1, core.ActionVerify, 0) // a yes
		refuse(1, 200, core.Expired)    // an action of a later version
		want := `level=INFO msg="jwtgate verify" kind=expired
level=INFO msg="jwtgate login" kind=bad_credentials
level=INFO msg="jwtgate verify" kind=missing
level=INFO msg="jwtgate unknown" kind=expired
`
		if got := said(); got != want {
			t.Errorf("at once: got\n%swant\n%s", got, want)
		}
		time.Sleep(59 * time.Second)
		refuse(1, core.ActionVerify, core.Expired)
		if got := said(); got != "" {
			t.Errorf("within the minute: got %s", got)
		}
		time.Sleep(time.Second)
		if got, want := said(), "level=INFO msg=\"jwtgate refusals\" total=1022 over_ms=60000 verify.missing=1 verify.expired=1001 login.bad_credentials=20\n"; got != want {
			t.Errorf("after a minute: got\n%swant\n%s", got, want)
		}
		time.Sleep(time.Hour)
		if got := said(); got != "" {
			t.Errorf("when nothing happens: got %s", got)
		}

		refuse(1, core.ActionVerify, core.Expired)
		time.Sleep(time.Minute)
		if got, want := said(), "level=INFO msg=\"jwtgate verify\" kind=expired\n"; got != want {
			t.Errorf("one alone: got %s, want it to be told once: %s", got, want)
		}

		refuse(3, core.ActionRefresh, core.BadRefresh)
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		if got := said(); !strings.HasSuffix(got, "total=3 over_ms=0 refresh.bad_refresh=3\n") {
			t.Errorf("at Close: got %s", got)
		}
		time.Sleep(time.Hour)
		if err := log.Close(); err != nil || said() != "" {
			t.Errorf("after Close: got %v", err)
		}
	})
}

// TestOutagesInAggregate: of outages and defects there are ten lines, with their causes,
// and the number, however many requests they meet. Thefts are told each.
func TestOutagesInAggregate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logged
		log := core.LogObserver(slog.New(slog.NewTextHandler(&out, nil)))
		for range 1000 {
			log.Observe(t.Context(), core.Event{Action: core.ActionVerify, Kind: core.Unavailable, Cause: errors.New("down")})
			log.Observe(t.Context(), core.Event{Action: core.ActionLogin, Kind: core.Internal, Cause: errors.New("boom"), Stack: []byte("main.go:1")})
			log.Observe(t.Context(), core.Event{Action: core.ActionVerify, Kind: core.WrongAudience, Cause: errors.New("Rules.Audience is not set")})
			log.Observe(t.Context(), core.Event{Action: core.ActionRefresh, Kind: core.RacedRefresh})
			log.Observe(t.Context(), core.Event{Action: core.ActionRefresh, Kind: core.ReusedRefresh})
			log.Observe(t.Context(), core.Event{Action: core.ActionKeys, Kind: core.Unavailable, Resource: "u"})
			log.Observe(t.Context(), core.Event{Action: core.ActionStore, Resource: "redis", Cause: errors.New("gone")})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		got := out.take()
		for want, n := range map[string]int{
			"level=WARN msg=\"jwtgate verify\" kind=unavailable": 10, "level=ERROR msg=\"jwtgate login\" kind=internal": 10,
			"level=WARN msg=\"jwtgate verify\" kind=wrong_audience": 10, "level=WARN msg=\"jwtgate refresh\" kind=raced_refresh": 10,
			"level=WARN msg=\"jwtgate refresh\" kind=reused_refresh": 1000, "level=WARN msg=\"jwtgate keys\"": 1000, "level=WARN msg=\"jwtgate store\"": 1000,
			"level=ERROR msg=\"jwtgate refusals\" total=4000 over_ms=60000 verify.wrong_audience=1000 verify.unavailable=1000 login.internal=1000 refresh.raced_refresh=1000\n": 1,
		} {
			if m := strings.Count(got, want); m != n {
				t.Errorf("%s: got %d lines, want %d", want, m, n)
			}
		}
		if n := strings.Count(got, "\n"); n != 3041 {
			t.Errorf("got %d lines, want 3041", n)
		}
	})
}

// TestALouderOneIsNotHidden: of the same kind one may have a cause that is worth a
// warning, though others came before it.
func TestALouderOneIsNotHidden(t *testing.T) {
	var out logged
	log := core.LogObserver(slog.New(slog.NewTextHandler(&out, nil)))
	for _, cause := range []error{nil, nil, errors.New("Rules.Audience is not set"), nil} {
		log.Observe(t.Context(), core.Event{Action: core.ActionVerify, Kind: core.WrongAudience, Cause: cause})
	}
	_ = log.Close()
	if got := out.take(); strings.Count(got, "\n") != 3 || !strings.Contains(got, "level=WARN msg=\"jwtgate verify\"") || !strings.Contains(got, "verify.wrong_audience=4") {
		t.Errorf("got %s", got)
	}
}

// nothing is an error whose Error panics if it is nil.
type nothing struct{ text string }

func (n *nothing) Error() string { return n.text }

// TestOddEvents: what an application returns as an error may be a typed nil, or no text,
// and an event may be of a later version: it is written all the same, in one line.
func TestOddEvents(t *testing.T) {
	events := []core.Event{
		{}, {Action: 250, Kind: 250, Stale: 250, Duration: -1, Steps: []core.Step{{}}},
		{Action: core.ActionVerify, Kind: core.Internal, Cause: (*nothing)(nil)},
		{Action: core.ActionVerify, Kind: core.BadToken, Cause: &core.Error{Kind: core.BadToken, Cause: (*nothing)(nil)}},
		{Action: core.ActionVerify, Kind: core.Internal, Cause: errors.New("a\nlevel=ERROR\xff\x1b[31m"), Route: "\n", Guard: "\"", Account: "\r\n"},
	}
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler {
			return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
		},
		"json": func(w io.Writer) slog.Handler {
			return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
		},
	} {
		var out logged
		log, steps := core.LogObserver(slog.New(handler(&out))), explain.Observer(slog.New(handler(io.Discard)))
		for _, e := range events {
			log.Observe(t.Context(), e)
			steps.Observe(t.Context(), e)
		}
		if got := out.take(); strings.Count(got, "\n") != len(events) || strings.ContainsAny(got, "\r\x1b") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// TestOddCauseOfAnError: an Error is printed, whatever its cause is.
func TestOddCauseOfAnError(t *testing.T) {
	if got := (&core.Error{Kind: core.Internal, Cause: (*nothing)(nil)}).Error(); got != "jwtgate: internal: <nil>" {
		t.Errorf("got %q", got)
	}
}

// TestLogOfEverything: whatever an Event holds is in the line, in one of the groups, and
// all that is measured in time is in milliseconds.
func TestLogOfEverything(t *testing.T) {
	e := core.Event{Posture: core.Posture{{Field: "F"}, {Field: "G", Insecure: true}}}
	fill(reflect.ValueOf(&e).Elem())
	lines := map[string]string{}
	core.LogObserver(slog.New(flat{slog.DiscardHandler, lines})).Observe(t.Context(), e)
	for _, key := range []string{"kind", "took_ms", "status", "request.framework", "request.route", "request.again", "request.anonymous", "request.stale",
		"key.alg", "key.kid", "key.iss", "key.cached", "refused.claim", "refused.guard", "refused.wanted", "who.account", "who.peer", "steps.x_ms",
		"posture.unchecked", "posture.insecure", "resource", "fetch", "stack", "cause"} {
		if lines[key] == "" {
			t.Errorf("there is no %s in %v", key, lines)
		}
		delete(lines, key)
	}
	if len(lines) > 0 {
		t.Errorf("nobody knows of %v: which group are they in, and in which unit?", lines)
	}
}

// fill sets each field of an Event that has none.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !f.IsZero() {
			continue
		}
		switch p := f.Addr().Interface().(type) {
		case *error:
			*p = errors.New("x")
		case *[]core.Step:
			*p = []core.Step{{Name: "x", Took: 1}}
		case *[]string:
			*p = []string{"x"}
		case *[]byte:
			*p = []byte("x")
		case *string:
			*p = "x"
		case *bool:
			*p = true
		default:
			f.Set(reflect.ValueOf(1).Convert(f.Type()))
		}
	}
}

// flat is a slog.Handler that keeps the attributes of a line, groups joined with dots.
type flat struct {
	slog.Handler
	line map[string]string
}

func (flat) Enabled(context.Context, slog.Level) bool { return true }

func (h flat) Handle(_ context.Context, r slog.Record) error {
	var walk func(prefix string, a slog.Attr) bool
	walk = func(prefix string, a slog.Attr) bool {
		if a.Value.Kind() == slog.KindGroup {
			for _, inner := range a.Value.Group() {
				walk(prefix+a.Key+".", inner)
			}
		} else {
			h.line[prefix+a.Key] = a.Value.String()
		}
		return true
	}
	r.Attrs(func(a slog.Attr) bool { return walk("", a) })
	return nil
}
