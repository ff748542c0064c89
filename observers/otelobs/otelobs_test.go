package otelobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/observers/otelobs"
)

// world is an Observer, and what came of what it observed.
type world struct {
	*otelobs.Observer
	reader *sdkmetric.ManualReader
	spans  *tracetest.SpanRecorder
	tracer trace.Tracer
}

func newWorld(t testing.TB, cfg otelobs.Config) world {
	t.Helper()
	w := world{reader: sdkmetric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans))
	cfg.MeterProvider, cfg.TracerProvider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader)), provider
	o, err := otelobs.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.Observer, w.tracer = o, provider.Tracer("test")
	return w
}

// series are the points of all metrics, as "name{attributes} value unit", sorted.
func (w world) series(t testing.TB) (lines []string) {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := w.reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	add := func(m metricdata.Metrics, set attribute.Set, value any) {
		lines = append(lines, fmt.Sprintf("%s{%s} %v %s", m.Name, set.Encoded(attribute.DefaultEncoder()), value, m.Unit))
	}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					add(m, p.Attributes, p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					add(m, p.Attributes, p.Sum)
				}
			case metricdata.Gauge[float64]:
				for _, p := range d.DataPoints {
					add(m, p.Attributes, p.Value > 0)
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// TestMetrics: the names, units and attributes of what is measured.
func TestMetrics(t *testing.T) {
	w := newWorld(t, otelobs.Config{Routes: true, Steps: true})
	for _, e := range []core.Event{
		{Action: core.ActionVerify, Duration: time.Millisecond, Framework: "gin", Route: "/a", Algorithm: "RS256", Issuer: "https://a", Cached: true,
			Steps: []core.Step{{Name: "decode", Took: time.Second}}},
		{Action: core.ActionVerify, Again: true},
		{Action: core.ActionVerify, Kind: core.Forbidden, Guard: "roles"},
		{Action: core.ActionVerify, Anonymous: true},
	} {
		w.Observe(t.Context(), e)
	}
	tell := core.KeyObserver(w)
	tell(t.Context(), keys.Event{Source: "u"})
	tell(t.Context(), keys.Event{Source: "u", Failure: errors.New("down")})
	core.StoreObserver(w)(sessions.Event{Resource: "redis"})
	want := []string{
		"jwtgate.anonymous{jwtgate.stale=missing} 1 {request}",
		"jwtgate.duration{jwtgate.action=verify} 0.001 s",
		"jwtgate.guard.refusals{jwtgate.guard=roles} 1 {refusal}",
		"jwtgate.keys.events{jwtgate.source=u,jwtgate.state=failed} 1 {event}",
		"jwtgate.keys.events{jwtgate.source=u,jwtgate.state=ok} 1 {event}",
		"jwtgate.keys.last_success_timestamp{jwtgate.source=u} true s",
		"jwtgate.outcomes{error.type=forbidden,jwtgate.action=verify} 1 {outcome}",
		"jwtgate.outcomes{error.type=unavailable,jwtgate.action=keys} 1 {outcome}",
		"jwtgate.outcomes{http.route=/a,jwtgate.action=verify,jwtgate.framework=gin} 1 {outcome}",
		"jwtgate.outcomes{jwtgate.action=keys} 1 {outcome}",
		"jwtgate.outcomes{jwtgate.action=store} 1 {outcome}",
		"jwtgate.outcomes{jwtgate.action=verify} 1 {outcome}",
		"jwtgate.step.duration{jwtgate.step=decode} 1 s",
		"jwtgate.store.troubles{jwtgate.source=redis} 1 {event}",
		"jwtgate.tokens{jwtgate.algorithm=RS256,jwtgate.cached=true,jwtgate.issuer=https://a} 1 {token}",
	}
	if got := w.series(t); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestConventions: what the semantic conventions name has their name.
func TestConventions(t *testing.T) {
	got := []attribute.Key{"error.type", "http.route", "user.id", "client.address", "session.id", "exception.message", "exception.stacktrace"}
	want := []attribute.Key{semconv.ErrorTypeKey, semconv.HTTPRouteKey, semconv.UserIDKey, semconv.ClientAddressKey, semconv.SessionIDKey, semconv.ExceptionMessageKey, semconv.ExceptionStacktraceKey}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSpanEvents: an outcome is an event of the request's span. People are in it if
// that is asked for; nothing is done for a request without a span.
func TestSpanEvents(t *testing.T) {
	e := core.Event{
		Action: core.ActionVerify, Kind: core.InsufficientScope, Duration: time.Second, Framework: "gin", Algorithm: "RS256", KeyID: "k1", Issuer: "https://a",
		Cached: true, Guard: "scopes", Wanted: []string{"a", "b"}, Account: "joe", Peer: "192.0.2.1", Cause: errors.New("boom"), Stack: []byte("main.go:1"),
		Steps: []core.Step{{Name: "decode", Took: time.Second}},
	}
	common := "error.type=insufficient_scope jwtgate.framework=gin jwtgate.algorithm=RS256 jwtgate.key_id=k1 jwtgate.issuer=https://a jwtgate.cached=true " +
		"jwtgate.guard=scopes jwtgate.wanted=a b jwtgate.step.decode=1 jwtgate.duration=1 exception.message=boom exception.stacktrace=main.go:1"
	for people, want := range map[bool]string{false: common, true: common + " user.id=joe client.address=192.0.2.1"} {
		w := newWorld(t, otelobs.Config{People: people})
		ctx, span := w.tracer.Start(t.Context(), "GET /a")
		w.Observe(ctx, e)
		w.Observe(t.Context(), e)
		span.End()
		ended := w.spans.Ended()
		if len(ended) != 1 || len(ended[0].Events()) != 1 || ended[0].Events()[0].Name != "jwtgate.verify" {
			t.Fatalf("got %v", ended)
		}
		var got []string
		for _, a := range ended[0].Events()[0].Attributes {
			got = append(got, string(a.Key)+"="+a.Value.Emit())
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("People %v: got\n%s\nwant\n%s", people, got, want)
		}
	}
}

// nothing is an error whose Error panics if it is nil.
type nothing struct{ text string }

func (n *nothing) Error() string { return n.text }

// TestOddCauses: what an application returns as an error may be no text, or a typed nil;
// it is told, as text that an exporter can send.
func TestOddCauses(t *testing.T) {
	for want, cause := range map[string]error{"a\uFFFDb": errors.New("a\xffb"), "<nil>": (*nothing)(nil)} {
		w := newWorld(t, otelobs.Config{})
		ctx, span := w.tracer.Start(t.Context(), "GET /a")
		w.Observe(ctx, core.Event{Action: core.ActionLogin, Kind: core.Internal, Cause: cause})
		span.End()
		got := w.spans.Ended()[0].Events()[0].Attributes
		if !slices.Contains(got, attribute.String("exception.message", want)) {
			t.Errorf("got %v, want %q", got, want)
		}
	}
}

// TestSessionID: a gate's event has the session if people are asked for.
func TestSessionID(t *testing.T) {
	for _, people := range []bool{false, true} {
		w := newWorld(t, otelobs.Config{People: people})
		store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
		if err != nil {
			t.Fatal(err)
		}
		auth := core.Must(core.Config[string]{Keys: jwttest.Secret(), Observer: w, Sessions: core.SessionConfig{Store: store, Realm: "shop"},
			Renew: func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil }})
		ctx, span := w.tracer.Start(t.Context(), "login")
		issued, err := auth.Issue(ctx, core.Moment{}, "joe")
		if err != nil {
			t.Fatal(err)
		}
		span.End()
		text := fmt.Sprint(w.spans.Ended()[0].Events())
		if strings.Contains(text, string(issued.Session.ID)) != people {
			t.Errorf("People %v: got %s", people, text)
		}
	}
}

// TestFetch: a fetch of keys is a span of its own, as long as it took, and each request
// that waited for it has a link to it.
func TestFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, otelobs.Config{})
		issuer := jwttest.NewIssuer(t)
		slow := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Second)
			http.Error(rw, "", 500)
		})
		issuer.Break(slow)
		remote, err := keys.NewRemote(issuer.KeySetURL(), keys.RemoteConfig{Client: issuer.Client(), Issuer: issuer.URL(), Observer: core.KeyObserver(w)})
		if err != nil {
			t.Fatal(err)
		}
		auth := core.Must(core.Config[*core.Claims]{Keys: remote, Rules: core.ClaimRules{Audience: []string{"api"}}, Observer: w})
		token := issuer.Mint(t, core.Payload{"aud": "api"})
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				ctx, span := w.tracer.Start(t.Context(), "GET /")
				defer span.End()
				r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
				r.Header.Set("Authorization", "Bearer "+token)
				if _, res, ok := auth.Require()(core.FromHTTP(r)); ok || res.Status != 503 {
					t.Errorf("got %d, want 503", res.Status)
				}
			})
		}
		all.Wait()
		var fetch trace.SpanContext
		linked := 0
		for _, s := range w.spans.Ended() {
			if s.Name() == "jwtgate.keys.fetch" {
				fetch = s.SpanContext()
				if took := s.EndTime().Sub(s.StartTime()); took != 2*time.Second || s.Parent().IsValid() || s.Status().Code.String() != "Error" {
					t.Errorf("the fetch took %v, below %v, with status %v", took, s.Parent(), s.Status())
				}
			}
		}
		for _, s := range w.spans.Ended() {
			if s.Name() != "GET /" {
				continue
			}
			if links := s.Links(); len(links) != 1 || !links[0].SpanContext.Equal(fetch) || !fetch.IsValid() {
				t.Errorf("a request has the links %v, want one to %v", links, fetch)
			}
			if e := s.Events(); len(e) != 2 || e[0].Name != "jwtgate.wait" || e[1].Name != "jwtgate.verify" {
				t.Errorf("a request has the events %v", e)
			}
			linked++
		}
		if linked != 3 || len(w.spans.Ended()) != 4 {
			t.Errorf("got %d requests and %d spans, want 3 and 4", linked, len(w.spans.Ended()))
		}
	})
}

// brokenMeter makes one instrument not.
type brokenMeter struct{ noop.Meter }

func (brokenMeter) Float64Gauge(string, ...metric.Float64GaugeOption) (metric.Float64Gauge, error) {
	return nil, errors.New("no gauges here")
}

type brokenProvider struct{ noop.MeterProvider }

func (brokenProvider) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

func TestMistakes(t *testing.T) {
	for want, cfg := range map[string]otelobs.Config{
		"MaxValues: -1 is negative": {MaxValues: -1},
		"no gauges here":            {MeterProvider: brokenProvider{}},
	} {
		if o, err := otelobs.New(cfg); o != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, %v, want %q", o, err, want)
		}
	}
	if _, err := otelobs.New(otelobs.Config{}); err != nil {
		t.Errorf("with the global providers: got %v", err)
	}
}

// TestAllocs: without a span, an event whose attributes have been seen costs no memory.
func TestAllocs(t *testing.T) {
	w := newWorld(t, otelobs.Config{Routes: true, Steps: true})
	yes := core.Event{Action: core.ActionVerify, Duration: 1000, Framework: "gin", Route: "/a", Algorithm: "RS256", Issuer: "https://a", Steps: []core.Step{{Name: "decode", Took: 1}}}
	no := core.Event{Action: core.ActionVerify, Kind: core.Forbidden, Duration: 1000, Guard: "roles"}
	if n := testing.AllocsPerRun(200, func() { w.Observe(context.Background(), yes); w.Observe(context.Background(), no) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	w := newWorld(b, otelobs.Config{})
	e := core.Event{Action: core.ActionVerify, Duration: 1000, Framework: "gin", Algorithm: "RS256", Issuer: "https://a"}
	b.ReportAllocs()
	for b.Loop() {
		w.Observe(b.Context(), e)
	}
}
