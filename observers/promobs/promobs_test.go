package promobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/observers/promobs"
)

func newObserver(t testing.TB, cfg promobs.Config) (*promobs.Observer, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	o, err := promobs.New(registry, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o, registry
}

// TestMetrics: each event is read into the metrics that are about it.
func TestMetrics(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cfg   promobs.Config
		event core.Event
		want  []string // series and value, without those of histograms' buckets
	}{
		{"a yes", promobs.Config{}, core.Event{Action: core.ActionVerify, Duration: time.Millisecond, Framework: "gin", Route: "/a", Algorithm: "RS256", Issuer: "https://a", Cached: true},
			[]string{`jwtgate_outcomes_total{action="verify",framework="gin",kind="ok"} 1`, `jwtgate_tokens_total{algorithm="RS256",cached="true",issuer="https://a"} 1`,
				`jwtgate_duration_seconds_sum{action="verify"} 0.001`}},
		{"with routes", promobs.Config{Routes: true}, core.Event{Action: core.ActionVerify, Framework: "gin", Route: "/a"},
			[]string{`jwtgate_outcomes_total{action="verify",framework="gin",kind="ok",route="/a"} 1`}},
		{"again", promobs.Config{}, core.Event{Action: core.ActionVerify, Algorithm: "RS256", Again: true}, nil},
		{"again, and a guard's no", promobs.Config{}, core.Event{Action: core.ActionVerify, Kind: core.Forbidden, Algorithm: "RS256", Again: true, Guard: "roles"},
			[]string{`jwtgate_outcomes_total{action="verify",framework="",kind="forbidden"} 1`, `jwtgate_guard_refusals_total{guard="roles"} 1`}},
		{"anonymous", promobs.Config{}, core.Event{Action: core.ActionVerify, Anonymous: true}, []string{
			`jwtgate_outcomes_total{action="verify",framework="",kind="ok"} 1`, `jwtgate_anonymous_total{stale="missing"} 1`}},
		{"stale", promobs.Config{}, core.Event{Action: core.ActionVerify, Anonymous: true, Stale: core.Expired}, []string{
			`jwtgate_outcomes_total{action="verify",framework="",kind="ok"} 1`, `jwtgate_anonymous_total{stale="expired"} 1`}},
		{"steps that nobody wants", promobs.Config{}, core.Event{Action: core.ActionLogin, Steps: []core.Step{{Name: "issue", Took: time.Second}}}, []string{
			`jwtgate_outcomes_total{action="login",framework="",kind="ok"} 1`}},
		{"steps", promobs.Config{Steps: true}, core.Event{Action: core.ActionLogin, Steps: []core.Step{{Name: "issue", Took: time.Second}}}, []string{
			`jwtgate_outcomes_total{action="login",framework="",kind="ok"} 1`, `jwtgate_step_duration_seconds_sum{step="issue"} 1`}},
		{"text that is none", promobs.Config{}, core.Event{Action: core.ActionVerify, Kind: core.Forbidden, Guard: "a\xff"}, []string{
			`jwtgate_outcomes_total{action="verify",framework="",kind="forbidden"} 1`, "jwtgate_guard_refusals_total{guard=\"a\uFFFD\"} 1"}},
	} {
		o, registry := newObserver(t, tt.cfg)
		o.Observe(t.Context(), tt.event)
		if got := series(t, registry); strings.Join(got, "\n") != strings.Join(sorted(tt.want), "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(sorted(tt.want), "\n"))
		}
	}
}

// TestKeysAndStores: what belongs to no request is measured through core's adapters.
func TestKeysAndStores(t *testing.T) {
	o, registry := newObserver(t, promobs.Config{})
	tell := core.KeyObserver(o)
	for _, e := range []keys.Event{{}, {Failure: errors.New("down")}, {Skipped: errors.New("weak")}} {
		e.Source = "https://a/jwks"
		tell(t.Context(), e)
	}
	core.StoreObserver(o)(sessions.Event{Resource: "redis", Cause: errors.New("gone")})
	got := strings.Join(series(t, registry), "\n")
	for _, want := range []string{
		`jwtgate_keys_events_total{source="https://a/jwks",state="ok"} 1`,
		`jwtgate_keys_events_total{source="https://a/jwks",state="failed"} 1`,
		`jwtgate_keys_events_total{source="https://a/jwks",state="skipped"} 1`,
		`jwtgate_store_troubles_total{source="redis"} 1`,
		`jwtgate_outcomes_total{action="keys",framework="",kind="unavailable"} 1`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %s in it", got, want)
		}
	}
	if at, err := testutil.GatherAndCount(registry, "jwtgate_keys_last_success_timestamp_seconds"); err != nil || at != 1 {
		t.Errorf("last success: got %d, %v", at, err)
	}
}

// TestLabelsHaveAnEnd: what an application makes too many of counts as "other".
func TestLabelsHaveAnEnd(t *testing.T) {
	o, registry := newObserver(t, promobs.Config{Routes: true, MaxValues: 3})
	for i := range 1000 {
		text := fmt.Sprint(i)
		o.Observe(t.Context(), core.Event{Action: core.ActionVerify, Kind: core.Forbidden, Route: text, Guard: text, Framework: "gin"})
		o.Observe(t.Context(), core.Event{Action: core.ActionVerify, Algorithm: "RS256", Issuer: text})
		o.Observe(t.Context(), core.Event{Action: core.ActionKeys, Resource: text})
	}
	for name, want := range map[string]int{"jwtgate_outcomes_total": 3 + 1 + 1 + 1, "jwtgate_guard_refusals_total": 4, "jwtgate_tokens_total": 4, "jwtgate_keys_events_total": 4} {
		if n, err := testutil.GatherAndCount(registry, name); err != nil || n > want {
			t.Errorf("%s: got %d series, %v, want at most %d", name, n, err, want)
		}
	}
	if got := strings.Join(series(t, registry), "\n"); !strings.Contains(got, `jwtgate_guard_refusals_total{guard="other"} 997`) {
		t.Errorf("got %s", got)
	}
}

// TestKindsAreNeverOther: MaxValues is for what an application may have many of.
func TestKindsAreNeverOther(t *testing.T) {
	o, registry := newObserver(t, promobs.Config{MaxValues: 1})
	for k := core.Kind(0); k <= core.Internal; k++ {
		o.Observe(t.Context(), core.Event{Action: core.ActionVerify, Kind: k})
	}
	if got := strings.Join(series(t, registry), "\n"); strings.Contains(got, "other") || strings.Count(got, "jwtgate_outcomes_total") != int(core.Internal)+1 {
		t.Errorf("got %s", got)
	}
}

func TestMistakes(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := promobs.New(registry, promobs.Config{}); err != nil {
		t.Fatal(err)
	}
	taken := prometheus.NewRegistry()
	taken.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "jwtgate_tokens_total", Help: "ours"}))
	for _, tt := range []struct {
		name     string
		registry prometheus.Registerer
		cfg      promobs.Config
		want     string
	}{
		{"nil", nil, promobs.Config{}, "the Registerer is nil"},
		{"negative", prometheus.NewRegistry(), promobs.Config{MaxValues: -1}, "MaxValues: -1 is negative"},
		{"both", nil, promobs.Config{MaxValues: -1}, "MaxValues: -1 is negative: leave it 0 for 100\nthe Registerer"},
		{"twice", registry, promobs.Config{}, "WrapRegistererWith"},
		{"a name that is taken", taken, promobs.Config{}, "jwtgate_tokens_total"},
	} {
		if o, err := promobs.New(tt.registry, tt.cfg); o != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v, want %q", tt.name, o, err, tt.want)
		}
	}
	if n, err := testutil.GatherAndCount(taken); err != nil || n != 1 {
		t.Errorf("after a name that is taken: got %d metrics, %v, want only ours", n, err)
	}
}

// TestTwoAuths: each may have metrics of its own, told apart by a label.
func TestTwoAuths(t *testing.T) {
	registry := prometheus.NewRegistry()
	for _, name := range []string{"users", "admins"} {
		o, err := promobs.New(prometheus.WrapRegistererWith(prometheus.Labels{"auth": name}, registry), promobs.Config{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		o.Observe(t.Context(), core.Event{Action: core.ActionIssue})
	}
	if n, err := testutil.GatherAndCount(registry, "jwtgate_outcomes_total"); err != nil || n != 2 {
		t.Errorf("got %d series, %v, want 2", n, err)
	}
}

// TestSteps: core times steps for who asks.
func TestSteps(t *testing.T) {
	for _, want := range []bool{false, true} {
		o, registry := newObserver(t, promobs.Config{Steps: want})
		auth := core.Must(core.Config[string]{Keys: jwttest.Secret(), Observer: o})
		if _, err := auth.Issue(t.Context(), core.Moment{}, "joe"); err != nil {
			t.Fatal(err)
		}
		auth.Require()(core.FromHTTP(httptest.NewRequest("GET", "/", nil)))
		if n, err := testutil.GatherAndCount(registry, "jwtgate_step_duration_seconds"); err != nil || (n > 0) != want {
			t.Errorf("Steps %v: got %d series, %v", want, n, err)
		}
	}
}

// TestAllocs: an event whose labels have been seen costs no memory.
func TestAllocs(t *testing.T) {
	o, _ := newObserver(t, promobs.Config{Routes: true, Steps: true})
	e := core.Event{Action: core.ActionVerify, Duration: 1000, Framework: "gin", Route: "/a", Algorithm: "RS256", Issuer: "https://a", Steps: []core.Step{{Name: "decode", Took: 1}}}
	no := core.Event{Action: core.ActionVerify, Kind: core.Forbidden, Duration: 1000, Guard: "roles"}
	if n := testing.AllocsPerRun(200, func() { o.Observe(context.Background(), e); o.Observe(context.Background(), no) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	o, _ := newObserver(b, promobs.Config{})
	e := core.Event{Action: core.ActionVerify, Duration: 1000, Framework: "gin", Route: "/a", Algorithm: "RS256", Issuer: "https://a"}
	b.ReportAllocs()
	for b.Loop() {
		o.Observe(b.Context(), e)
	}
}

// sorted is a sorted copy.
func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }

// series are the lines of a scrape, sorted, without what helps to read them.
func series(t *testing.T, registry *prometheus.Registry) (lines []string) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=\"%s\"", l.GetName(), l.GetValue()))
			}
			name, value := f.GetName(), m.GetCounter().GetValue()+m.GetGauge().GetValue()
			if h := m.GetHistogram(); h != nil {
				name, value = name+"_sum", h.GetSampleSum()
			}
			lines = append(lines, fmt.Sprintf("%s{%s} %v", name, strings.Join(labels, ","), value))
		}
	}
	return sorted(lines)
}
