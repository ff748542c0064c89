package explain

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/inside"
)

// Observer returns a [core.Observer] that logs what [core.LogObserver] does and, of
// each request that a gate refuses, the steps of the judgement: what was right, where
// it ended and why, and how to mend it. It names steps, kinds and what is configured,
// and of the token not even the alg, kid and typ that LogObserver names. It is for
// development: a client that sends nonsense makes long lines.
func Observer(l *slog.Logger) core.Observer { return observer{core.LogObserver(l), l} }

type observer struct {
	core.Observer
	l *slog.Logger
}

// WantsSteps makes it a [core.StepObserver], so that it hears which step failed.
func (o observer) WantsSteps() bool { return true }

func (o observer) Observe(ctx context.Context, e core.Event) {
	e = withoutFound(e)
	o.Observer.Observe(ctx, e)
	if e.Action != core.ActionVerify || e.Kind == 0 || !o.l.Enabled(ctx, slog.LevelInfo) {
		return
	}
	r := Event(e)
	end, _ := r.End()
	attrs := []slog.Attr{slog.String("step", end.Step), slog.String("why", end.Reason), slog.String("fix", end.Fix)}
	var before []any
	for _, f := range r.Findings {
		before = append(before, slog.String(f.Step, string(f.Verdict)))
	}
	o.l.LogAttrs(ctx, slog.LevelInfo, "jwtgate explain", append(attrs, slog.Group("steps", before...))...)
}

// withoutFound leaves out of the reason what was found in the token.
func withoutFound(e core.Event) core.Event {
	type reason interface {
		error
		WithoutFound() string
	}
	if r, ok := errors.AsType[reason](e.Cause); ok {
		e.Cause = inside.Reason(r.WithoutFound())
	}
	return e
}
