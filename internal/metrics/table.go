// Package metrics is the table of what is measured of core's events, and how an
// event is read into it. observers/promobs and observers/otelobs both make their
// instruments of it, so that they differ in nothing but the names' spelling.
package metrics

// Form is how values become a metric.
type Form uint8

const (
	Counter   Form = iota // they are added up
	Histogram             // they are counted by size
	Gauge                 // the last one counts
)

// Metric is a row of the table.
type Metric struct {
	Name   string // as OpenTelemetry writes it
	Unit   string // in UCUM
	Help   string
	Form   Form
	Labels []Label
}

// Label is something that a metric is told apart by.
type Label struct {
	Name      string // as Prometheus writes it
	Attribute string // as OpenTelemetry does: by its semantic conventions where they have it
	Absent    string // the value without which OpenTelemetry leaves the attribute out
	Open      bool   // of no closed set: the application or a provider says what there is
}

var (
	action    = Label{Name: "action", Attribute: "jwtgate.action"}
	kind      = Label{Name: "kind", Attribute: "error.type", Absent: "ok"}
	framework = Label{Name: "framework", Attribute: "jwtgate.framework"}
	route     = Label{Name: "route", Attribute: "http.route", Open: true}
	step      = Label{Name: "step", Attribute: "jwtgate.step"}
	guard     = Label{Name: "guard", Attribute: "jwtgate.guard", Open: true}
	algorithm = Label{Name: "algorithm", Attribute: "jwtgate.algorithm"}
	issuer    = Label{Name: "issuer", Attribute: "jwtgate.issuer", Open: true}
	cached    = Label{Name: "cached", Attribute: "jwtgate.cached"}
	stale     = Label{Name: "stale", Attribute: "jwtgate.stale"}
	source    = Label{Name: "source", Attribute: "jwtgate.source", Open: true}
	state     = Label{Name: "state", Attribute: "jwtgate.state"}
)

// The metrics. Their order is that of the constants below.
const (
	outcomes = iota
	duration
	steps
	tokens
	refusals
	anonymous
	keyEvents
	keysFetched
	storeTroubles
)

// Table is all metrics, with the route as a label if it is asked for.
func Table(o Options) []Metric {
	where := []Label{action, kind, framework}
	if o.Routes {
		where = append(where, route)
	}
	return []Metric{
		outcomes: {"jwtgate.outcomes", "{outcome}", "What came of requests and of what belongs to none, by the Event's Action and Kind. " +
			"A gate's yes behind another gate of the same Auth is not counted again.", Counter, where},
		duration: {"jwtgate.duration", "s", "The time that the core and the callbacks took.", Histogram, []Label{action}},
		steps:    {"jwtgate.step.duration", "s", "The time of each step of an action.", Histogram, []Label{step}},
		tokens: {"jwtgate.tokens", "{token}", "Tokens that gates have verified, also of those that a guard refused afterwards; cached: they were known.",
			Counter, []Label{algorithm, issuer, cached}},
		refusals:  {"jwtgate.guard.refusals", "{refusal}", "What guards have refused, by the guard's name.", Counter, []Label{guard}},
		anonymous: {"jwtgate.anonymous", "{request}", "Requests let through without an identity; stale: why a token counted as none.", Counter, []Label{stale}},
		keyEvents: {"jwtgate.keys.events", "{event}", "What happened to key sources; state: ok, failed, or skipped for keys that are not used.",
			Counter, []Label{source, state}},
		keysFetched:   {"jwtgate.keys.last_success_timestamp", "s", "When keys were last fetched or changed, in seconds of Unix time.", Gauge, []Label{source}},
		storeTroubles: {"jwtgate.store.troubles", "{event}", "What stores and deny lists found wrong with a journal or a connection.", Counter, []Label{source}},
	}
}

// Buckets are the upper bounds of the histograms, in seconds: a known token takes
// microseconds, a password's hash a tenth of a second, a provider that is down some
// seconds.
var Buckets = []float64{.00001, .00003, .0001, .0003, .001, .003, .01, .03, .1, .3, 1, 3, 10}
