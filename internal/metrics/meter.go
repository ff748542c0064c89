package metrics

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// Options shape what is measured.
type Options struct {
	Routes    bool // label outcomes with the route
	Steps     bool // measure steps
	MaxValues int  // how many values an open label may have; 0: 100
}

// Check returns what is wrong with the options.
func (o Options) Check() error {
	if o.MaxValues < 0 {
		return fmt.Errorf("MaxValues: %d is negative: leave it 0 for %d", o.MaxValues, defaultMaxValues)
	}
	return nil
}

// Meter reads events into instruments. It is safe for concurrent use, and allocates
// nothing for an event whose labels it has seen.
type Meter struct {
	options Options
	series  []*series
}

// Record adds a value to one series of a metric.
type Record func(ctx context.Context, value float64)

// NewMeter makes the instruments of the table: open is asked once for each metric, and
// what it returns once for each set of values, in the order of the metric's labels.
func NewMeter(o Options, open func(Metric) (func(values []string) Record, error)) (*Meter, error) {
	m := &Meter{options: o}
	var bad []error
	for _, metric := range Table(o) {
		with, err := open(metric)
		bad = append(bad, err)
		m.series = append(m.series, newSeries(metric.Labels, o.MaxValues, with))
	}
	return m, errors.Join(bad...)
}

// Observe measures an event.
func (m *Meter) Observe(ctx context.Context, e core.Event) {
	if e.Again && e.Kind == 0 || e.Action == core.ActionStart { // which is no outcome
		return
	}
	if !m.options.Routes {
		e.Route = ""
	}
	add := func(metric int, value float64, labels values) { m.series[metric].of(labels)(ctx, value) }
	action, kind := e.Action.String(), e.Kind.String()
	add(outcomes, 1, values{action, kind, e.Framework, e.Route})
	if e.Duration != 0 {
		add(duration, e.Duration.Seconds(), values{action})
	}
	if m.options.Steps {
		for _, s := range e.Steps {
			add(steps, s.Took.Seconds(), values{s.Name})
		}
	}
	if e.Guard != "" {
		add(refusals, 1, values{e.Guard})
	}
	switch e.Action {
	case core.ActionVerify:
		if e.Anonymous {
			why := "missing"
			if e.Stale != 0 {
				why = e.Stale.String()
			}
			add(anonymous, 1, values{why})
		} else if e.Algorithm != "" && !e.Again {
			add(tokens, 1, values{e.Algorithm, e.Issuer, strconv.FormatBool(e.Cached)})
		}
	case core.ActionKeys:
		state := "ok"
		switch {
		case e.Kind != 0:
			state = "failed"
		case e.Cause != nil:
			state = "skipped"
		}
		add(keyEvents, 1, values{e.Resource, state})
		if e.Kind == 0 {
			add(keysFetched, float64(time.Now().UnixMilli())/1000, values{e.Resource})
		}
	case core.ActionStore:
		add(storeTroubles, 1, values{e.Resource})
	}
}
