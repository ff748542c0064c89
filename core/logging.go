package core

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// LogObserver writes events to l, with the request's context: [Internal] at error with
// its cause and stack; [Unavailable], keys that are not used, a journal's trouble and a
// refresh token used twice, also within the grace, at warn; what clients did wrong at
// info; a yes at debug.
//
// How many refusals there are is up to strangers, so an operator sees by default what
// there is, and how much of it: of an action and kind the first refusal of a minute is
// written at info, with its reason, or the first ten at warn or error, with their
// causes; those that follow at debug; and when the minute is over one line has the
// number of each, as loud as the loudest of them. Close writes that at once. No
// goroutine waits for the minute. A refresh token used twice, and what happens to keys
// and stores, is written each time.
//
// What the Auth does not check, [New] has written as one line: at warn if an Insecure
// option is on, else at info.
//
// All times are in milliseconds, and their names end with _ms. What belongs together
// is in a group: request, key, refused, who, steps, posture.
func LogObserver(l *slog.Logger) interface {
	Observer
	io.Closer
} {
	return &logObserver{log: l}
}

type logObserver struct {
	log   *slog.Logger
	mu    sync.Mutex
	tally tally
}

// tally is what was refused since the last line of it.
type tally struct {
	counts [actionEnd][kindEnd]struct{ all, told int }
	level  slog.Level // of the loudest
	begun  time.Time
	line   *time.Timer // that will write it; nil: there is nothing to write
}

// tallyEvery is how long refusals are counted for one line.
const tallyEvery = time.Minute

func (o *logObserver) Observe(ctx context.Context, e Event) {
	level := e.level()
	if e.countless() && !o.counts(e, level) {
		level = slog.LevelDebug
	}
	o.write(ctx, level, e)
}

// countless reports whether it is up to strangers how many there are of such an event.
func (e Event) countless() bool {
	switch {
	case e.Action >= ActionStart, e.Action == ActionKeys, e.Action == ActionStore, e.Kind == ReusedRefresh:
		return false
	}
	return e.Kind != 0
}

// counts adds a refusal to the tally, and reports whether it is one of those to write.
func (o *logObserver) counts(e Event, level slog.Level) bool {
	most := 1
	if level > slog.LevelInfo { // they may have different causes
		most = 10
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tally.line == nil {
		o.tally.begun = time.Now()
		o.tally.line = time.AfterFunc(tallyEvery, func() { _ = o.Close() })
	}
	o.tally.level = max(o.tally.level, level)
	n := &o.tally.counts[e.Action][e.Kind.valid()]
	n.all++
	if n.told >= most {
		return false
	}
	n.told++
	return true
}

// Close implements [io.Closer]. What is observed afterwards is written as before.
func (o *logObserver) Close() error {
	o.mu.Lock()
	t := o.tally
	o.tally = tally{}
	o.mu.Unlock()
	if t.line == nil {
		return nil
	}
	t.line.Stop()
	total, told, attrs := 0, 0, []slog.Attr{}
	for action, counts := range t.counts {
		var kinds []slog.Attr
		for kind, n := range counts {
			if n.all > 0 {
				total, told = total+n.all, told+n.told
				kinds = append(kinds, slog.Int(Kind(kind).String(), n.all))
			}
		}
		if kinds != nil {
			attrs = append(attrs, group(Action(action).String(), kinds...))
		}
	}
	if total == told {
		return nil
	}
	attrs = append([]slog.Attr{slog.Int("total", total), slog.Float64("over_ms", inMilliseconds(time.Since(t.begun)))}, attrs...)
	o.log.LogAttrs(context.Background(), t.level, "jwtgate refusals", attrs...)
	return nil
}

// write writes one event.
func (o *logObserver) write(ctx context.Context, level slog.Level, e Event) {
	if !o.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.Float64("took_ms", inMilliseconds(e.Duration)))
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	stale := ""
	if e.Stale != 0 {
		stale = e.Stale.String()
	}
	var steps []slog.Attr
	for _, s := range e.Steps {
		steps = append(steps, slog.Float64(s.Name+"_ms", inMilliseconds(s.Took)))
	}
	for _, a := range []slog.Attr{
		group("request", said("framework", e.Framework), said("route", e.Route), flag("again", e.Again), flag("anonymous", e.Anonymous), said("stale", stale)),
		group("key", said("alg", e.Algorithm), said("kid", e.KeyID), said("iss", e.Issuer), flag("cached", e.Cached)),
		group("refused", said("claim", e.Claim), said("guard", e.Guard), said("wanted", strings.Join(e.Wanted, " "))),
		group("who", said("account", e.Account), said("peer", e.Peer)),
		group("steps", steps...),
		group("posture", said("insecure", e.Posture.fields(true)), said("unchecked", e.Posture.fields(false))),
		said("resource", e.Resource), number("fetch", e.Fetch), said("stack", string(e.Stack)),
	} {
		if a.Key != "" {
			attrs = append(attrs, a)
		}
	}
	if e.Cause != nil {
		attrs = append(attrs, slog.Any("cause", e.Cause))
	}
	o.log.LogAttrs(ctx, level, "jwtgate "+e.Action.String(), attrs...)
}

// level is how loud an event is, if it is the first of its sort.
func (e Event) level() slog.Level {
	switch {
	case e.Kind == Internal:
		return slog.LevelError
	case e.Cause != nil && reasonOf(e.Cause) == nil, e.Kind == Unavailable, e.Kind == ReusedRefresh, e.Kind == RacedRefresh, e.Action == ActionGrace:
		return slog.LevelWarn
	case e.Posture.hasInsecure():
		return slog.LevelWarn
	case e.Kind != 0, e.Action == ActionStart:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// said, flag, number and group are attributes without a key if there is nothing to say.
func said(name, value string) slog.Attr {
	if value == "" {
		return slog.Attr{}
	}
	return slog.String(name, value)
}

func flag(name string, value bool) slog.Attr {
	if !value {
		return slog.Attr{}
	}
	return slog.Bool(name, true)
}

func number(name string, value uint64) slog.Attr {
	if value == 0 {
		return slog.Attr{}
	}
	return slog.Uint64(name, value)
}

func group(name string, attrs ...slog.Attr) slog.Attr {
	attrs = slices.DeleteFunc(attrs, func(a slog.Attr) bool { return a.Key == "" })
	if len(attrs) == 0 {
		return slog.Attr{}
	}
	return slog.Attr{Key: name, Value: slog.GroupValue(attrs...)}
}
