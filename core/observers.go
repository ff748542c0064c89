package core

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// LogObserver writes events to l, with the request's context: a yes at debug level; a
// no, which an operator sees by default, at info; [Unavailable], keys that are not
// used, a journal's trouble and a refresh token used twice, also within the grace, at
// warn; [Internal] at error with its cause and stack. All times are in milliseconds,
// and their names end with _ms. What belongs together is in a group: request, key,
// refused, who, steps.
func LogObserver(l *slog.Logger) Observer { return logObserver{l} }

type logObserver struct{ l *slog.Logger }

func (o logObserver) Observe(ctx context.Context, e Event) {
	level := e.level()
	if !o.l.Enabled(ctx, level) {
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
		said("resource", e.Resource), said("stack", string(e.Stack)),
	} {
		if a.Key != "" {
			attrs = append(attrs, a)
		}
	}
	if e.Cause != nil {
		attrs = append(attrs, slog.Any("cause", e.Cause))
	}
	o.l.LogAttrs(ctx, level, "jwtgate "+e.Action.String(), attrs...)
}

// level is how loud an event is.
func (e Event) level() slog.Level {
	switch {
	case e.Kind == Internal:
		return slog.LevelError
	case e.Cause != nil && reasonOf(e.Cause) == nil, e.Kind == Unavailable, e.Kind == ReusedRefresh, e.Kind == RacedRefresh, e.Action == ActionGrace:
		return slog.LevelWarn
	case e.Kind != 0:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// said, flag and group are attributes without a key if there is nothing to say.
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

func group(name string, attrs ...slog.Attr) slog.Attr {
	attrs = slices.DeleteFunc(attrs, func(a slog.Attr) bool { return a.Key == "" })
	if len(attrs) == 0 {
		return slog.Attr{}
	}
	return slog.Attr{Key: name, Value: slog.GroupValue(attrs...)}
}

// tellNotices tells an Observer what there is to know of the keys, each thing once.
func tellNotices(o Observer, sources ...any) {
	tell, told := KeyObserver(o), map[string]bool{}
	for _, source := range sources {
		d, ok := source.(keys.Describer)
		if tell == nil || !ok || setup.IsNil(source) {
			continue
		}
		for _, n := range d.Facts().Notices {
			if text := fmt.Sprint(n); !told[text] {
				told[text] = true
				tell(context.Background(), n)
			}
		}
	}
}

// KeyObserver tells o what happens to keys, as [ActionKeys]: a failure is
// [Unavailable] with its cause, keys that are not used are a cause without a kind.
// It is for keys.RemoteConfig.Observer and keys.RingConfig.Observer.
func KeyObserver(o Observer) keys.Observer {
	if setup.IsNil(o) {
		return nil
	}
	return func(ctx context.Context, k keys.Event) {
		e := Event{Action: ActionKeys, Resource: k.Source, Issuer: k.Issuer, KeyID: k.KeyID, Algorithm: k.Algorithm,
			Duration: k.Duration, Cause: k.Skipped, Stack: k.Stack}
		if k.Failure != nil {
			e.Kind, e.Cause = Unavailable, k.Failure
		}
		o.Observe(ctx, e)
	}
}

// StoreObserver tells o what a store found wrong, as [ActionStore]. It is for
// sessions.MemoryConfig.Observer.
func StoreObserver(o Observer) sessions.Observer {
	if setup.IsNil(o) {
		return nil
	}
	return func(e sessions.Event) {
		o.Observe(context.Background(), Event{Action: ActionStore, Resource: e.Resource, Cause: e.Cause})
	}
}
