// Package promobs makes Prometheus metrics of the events of core: how many requests,
// logins and refreshes there were, what was refused and why, how long it took, how
// key sources and stores are. docs/observability.md lists them.
//
// It is a module of its own, so that who does not use it does not get its
// dependencies.
package promobs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/internal/metrics"
)

// Config shapes what is measured. The zero value is a good one.
type Config struct {
	_ [0]func() // no unkeyed literals

	// Routes labels outcomes with the route, as "/orders/:id". It is never a path that
	// a client chose, but a program may have many.
	Routes bool
	// Steps measures each step of an action. The clock is then read twice a step.
	Steps bool
	// MaxValues is how many values a label may have: of guards, routes, issuers and key
	// sources, since all others are of closed sets. What is one too many counts as
	// "other". 0: 100.
	MaxValues int
}

// Observer is a [core.Observer] that measures. Events of key sources and stores it
// gets by core.KeyObserver and core.StoreObserver. It is safe for concurrent use.
type Observer struct {
	cfg   Config
	meter *metrics.Meter
	all   []prometheus.Collector
}

var _ core.StepObserver = (*Observer)(nil)

// New registers the metrics with r. It returns an error for an impossible cfg, and
// if r has metrics of these names already: one Observer is for all Auths of a program,
// or each is registered with labels of its own, by prometheus.WrapRegistererWith.
func New(r prometheus.Registerer, cfg Config) (*Observer, error) {
	options := metrics.Options{Routes: cfg.Routes, Steps: cfg.Steps, MaxValues: cfg.MaxValues}
	err := options.Check()
	if r == nil {
		err = errors.Join(err, errors.New("the Registerer is nil: give prometheus.DefaultRegisterer or prometheus.NewRegistry()"))
	}
	if err != nil {
		return nil, fmt.Errorf("jwtgate: promobs.New: %w", err)
	}
	o := &Observer{cfg: cfg}
	o.meter, _ = metrics.NewMeter(options, func(m metrics.Metric) (func([]string) metrics.Record, error) { return o.open(m), nil })
	// All at once, so that a name that is taken leaves nothing behind.
	if err := r.Register((*collector)(o)); err != nil {
		return nil, fmt.Errorf("jwtgate: promobs.New: %w: use one Observer for all, or prometheus.WrapRegistererWith", err)
	}
	return o, nil
}

// Observe implements [core.Observer].
func (o *Observer) Observe(ctx context.Context, e core.Event) { o.meter.Observe(ctx, e) }

// WantsSteps implements [core.StepObserver].
func (o *Observer) WantsSteps() bool { return o.cfg.Steps }

// open makes the instrument of a metric.
func (o *Observer) open(m metrics.Metric) func([]string) metrics.Record {
	labels := make([]string, len(m.Labels))
	for i, l := range m.Labels {
		labels[i] = l.Name
	}
	name := nameOf(m)
	switch m.Form {
	case metrics.Histogram:
		vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: m.Help, Buckets: metrics.Buckets}, labels)
		o.all = append(o.all, vec)
		return func(values []string) metrics.Record {
			one := vec.WithLabelValues(values...)
			return func(_ context.Context, v float64) { one.Observe(v) }
		}
	case metrics.Gauge:
		vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: m.Help}, labels)
		o.all = append(o.all, vec)
		return func(values []string) metrics.Record {
			one := vec.WithLabelValues(values...)
			return func(_ context.Context, v float64) { one.Set(v) }
		}
	}
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: m.Help}, labels)
	o.all = append(o.all, vec)
	return func(values []string) metrics.Record {
		one := vec.WithLabelValues(values...)
		return func(_ context.Context, v float64) { one.Add(v) }
	}
}

// nameOf is what Prometheus calls a metric, by its rules for names: the unit and, of a
// counter, total come last.
func nameOf(m metrics.Metric) string {
	name := strings.ReplaceAll(m.Name, ".", "_")
	if m.Unit == "s" {
		name += "_seconds"
	}
	if m.Form == metrics.Counter {
		name += "_total"
	}
	return name
}

// collector is what is registered: all metrics as one.
type collector Observer

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, one := range c.all {
		one.Describe(to)
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, one := range c.all {
		one.Collect(to)
	}
}
