package explain

import (
	"context"
	"log/slog"

	"github.com/jwtgate/jwtgate/core"
)

// Observer returns a [core.Observer] that logs what [core.LogObserver] does and, of
// each request that a gate refuses, the steps of the judgement: what was right, where
// it ended and why, and how to mend it. It is for development: a client that sends
// nonsense makes long lines.
func Observer(l *slog.Logger) core.Observer { return observer{core.LogObserver(l), l} }

type observer struct {
	core.Observer
	l *slog.Logger
}

// WantsSteps makes it a [core.StepObserver], so that it hears which step failed.
func (o observer) WantsSteps() bool { return true }

func (o observer) Observe(ctx context.Context, e core.Event) {
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
