package otelobs

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/jwtgate/jwtgate/core"
)

// trace makes a span of a fetch of keys, and of all else an event of the span that the
// request is in. A request that waited for a fetch is linked to the fetch's span.
func (o *Observer) trace(ctx context.Context, e core.Event) {
	if e.Action == core.ActionKeys && e.Fetch != 0 {
		o.traceFetch(ctx, e)
		return
	}
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.AddEvent("jwtgate."+e.Action.String(), trace.WithAttributes(o.describe(ctx, e)...))
	if fetch := o.fetches.get(e.Fetch); e.Action == core.ActionWait && fetch.IsValid() {
		span.AddLink(trace.Link{SpanContext: fetch})
	}
}

// traceFetch makes a span of a fetch, which has ended. It is in no request's trace, since
// it is shared by those who wait and outlives those who do not.
func (o *Observer) traceFetch(ctx context.Context, e core.Event) {
	end := time.Now()
	_, span := o.tracer.Start(ctx, "jwtgate.keys.fetch", trace.WithNewRoot(), trace.WithTimestamp(end.Add(-e.Duration)), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(o.describe(ctx, e)...))
	if e.Kind != 0 {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(end))
	o.fetches.put(e.Fetch, span.SpanContext())
}

// describe is what there is to say of an event, for a span.
func (o *Observer) describe(ctx context.Context, e core.Event) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, 8)
	said := func(name, value string) {
		if value != "" { // of what is no UTF-8 exporters lose the whole batch
			all = append(all, attribute.String(name, strings.ToValidUTF8(value, "\uFFFD")))
		}
	}
	flag := func(name string, value bool) {
		if value {
			all = append(all, attribute.Bool(name, true))
		}
	}
	if e.Kind != 0 {
		said("error.type", e.Kind.String())
	}
	said("jwtgate.framework", e.Framework)
	flag("jwtgate.again", e.Again)
	flag("jwtgate.anonymous", e.Anonymous)
	if e.Stale != 0 {
		said("jwtgate.stale", e.Stale.String())
	}
	said("jwtgate.algorithm", e.Algorithm)
	said("jwtgate.key_id", e.KeyID)
	said("jwtgate.issuer", e.Issuer)
	flag("jwtgate.cached", e.Cached)
	said("jwtgate.claim", e.Claim)
	said("jwtgate.guard", e.Guard)
	said("jwtgate.wanted", strings.Join(e.Wanted, " "))
	said("jwtgate.source", e.Resource)
	if e.Fetch != 0 {
		all = append(all, attribute.Int64("jwtgate.fetch", int64(e.Fetch)))
	}
	for _, s := range e.Steps {
		all = append(all, attribute.Float64("jwtgate.step."+s.Name, s.Took.Seconds()))
	}
	all = append(all, attribute.Float64("jwtgate.duration", e.Duration.Seconds()))
	if e.Cause != nil {
		said("exception.message", fmt.Sprint(e.Cause)) // which survives an Error that panics
	}
	said("exception.stacktrace", string(e.Stack))
	if o.cfg.People {
		said("user.id", e.Account)
		said("client.address", e.Peer)
		if s, ok := e.Session(ctx); ok {
			said("session.id", string(s.ID))
		}
	}
	return all
}

// fetches are the spans of the last fetches, for those who waited for one of them.
type fetches struct {
	mu   sync.Mutex
	last [64]struct {
		number uint64
		span   trace.SpanContext
	}
}

func (f *fetches) put(number uint64, span trace.SpanContext) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := &f.last[number%uint64(len(f.last))]
	at.number, at.span = number, span
}

func (f *fetches) get(number uint64) (span trace.SpanContext) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := f.last[number%uint64(len(f.last))]; number != 0 && at.number == number {
		span = at.span
	}
	return span
}
