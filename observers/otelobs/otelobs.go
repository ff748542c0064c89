// Package otelobs makes OpenTelemetry metrics, span events and spans of the events of
// core. Names are those of the semantic conventions where they have one: error.type is
// the Kind of a refusal. docs/observability.md lists them.
//
// It is a module of its own, so that who does not use it does not get its
// dependencies.
package otelobs

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/internal/metrics"
)

// Scope names the instrumentation: of the meter, and of the tracer.
const Scope = "github.com/jwtgate/jwtgate/observers/otelobs"

// Config shapes what is measured and traced. The zero value is a good one.
type Config struct {
	_ [0]func() // no unkeyed literals

	// MeterProvider makes the instruments. Nil: otel.GetMeterProvider().
	MeterProvider metric.MeterProvider
	// TracerProvider makes the spans of fetches of keys. Span events need none: they are
	// of the span that the request's context has. Nil: otel.GetTracerProvider().
	TracerProvider trace.TracerProvider
	// Routes gives outcomes the attribute http.route, as "/orders/:id". It is never a
	// path that a client chose, but a program may have many. Spans have it of whoever
	// makes them, as otelhttp.
	Routes bool
	// Steps measures each step of an action. The clock is then read twice a step.
	Steps bool
	// People puts into span events whom they are about: user.id and client.address as
	// Config.Who says them, and session.id. Without it they stay out, whatever Who says.
	People bool
	// MaxValues is how many values an attribute of a metric may have: of guards, routes,
	// issuers and key sources, since all others are of closed sets. What is one too many
	// counts as "other". 0: 100.
	MaxValues int
}

// Observer is a [core.Observer] that measures and traces. Events of key sources and
// stores it gets by core.KeyObserver and core.StoreObserver. It is safe for concurrent
// use.
type Observer struct {
	cfg     Config
	meter   *metrics.Meter
	tracer  trace.Tracer
	fetches fetches
}

var _ core.StepObserver = (*Observer)(nil)

// New makes the instruments. It returns an error for an impossible cfg, and if the
// MeterProvider makes an instrument not.
func New(cfg Config) (*Observer, error) {
	options := metrics.Options{Routes: cfg.Routes, Steps: cfg.Steps, MaxValues: cfg.MaxValues}
	if err := options.Check(); err != nil {
		return nil, fmt.Errorf("jwtgate: otelobs.New: %w", err)
	}
	if cfg.MeterProvider == nil {
		cfg.MeterProvider = otel.GetMeterProvider()
	}
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = otel.GetTracerProvider()
	}
	meter, err := metrics.NewMeter(options, opener(cfg.MeterProvider.Meter(Scope)))
	if err != nil {
		return nil, fmt.Errorf("jwtgate: otelobs.New: %w", err)
	}
	return &Observer{cfg: cfg, meter: meter, tracer: cfg.TracerProvider.Tracer(Scope)}, nil
}

// Observe implements [core.Observer].
func (o *Observer) Observe(ctx context.Context, e core.Event) {
	o.meter.Observe(ctx, e)
	o.trace(ctx, e)
}

// WantsSteps implements [core.StepObserver].
func (o *Observer) WantsSteps() bool { return o.cfg.Steps }

// opener makes the instrument of a metric.
func opener(meter metric.Meter) func(metrics.Metric) (func([]string) metrics.Record, error) {
	return func(m metrics.Metric) (func([]string) metrics.Record, error) {
		with := func(values []string) attribute.Set { return attributes(m.Labels, values) }
		// The options are made once for each series: a slice that is there costs no memory.
		switch m.Form {
		case metrics.Histogram:
			h, err := meter.Float64Histogram(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Help), metric.WithExplicitBucketBoundaries(metrics.Buckets...))
			return func(values []string) metrics.Record {
				options := []metric.RecordOption{metric.WithAttributeSet(with(values))}
				return func(ctx context.Context, v float64) { h.Record(ctx, v, options...) }
			}, err
		case metrics.Gauge:
			g, err := meter.Float64Gauge(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Help))
			return func(values []string) metrics.Record {
				options := []metric.RecordOption{metric.WithAttributeSet(with(values))}
				return func(ctx context.Context, v float64) { g.Record(ctx, v, options...) }
			}, err
		}
		c, err := meter.Int64Counter(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Help))
		return func(values []string) metrics.Record {
			options := []metric.AddOption{metric.WithAttributeSet(with(values))}
			return func(ctx context.Context, v float64) { c.Add(ctx, int64(v), options...) }
		}, err
	}
}

// attributes are those of a series. What there is nothing to say of is left out.
func attributes(labels []metrics.Label, values []string) attribute.Set {
	var set []attribute.KeyValue
	for i, l := range labels {
		if values[i] != "" && values[i] != l.Absent {
			set = append(set, attribute.String(l.Attribute, values[i]))
		}
	}
	return attribute.NewSet(set...)
}
