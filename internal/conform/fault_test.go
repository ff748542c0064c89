package conform

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
)

// faults are adapters and declarations that the suite must not let pass, and the
// groups of cases that find them.
var faults = map[string]struct {
	groups string
	mount  adaptertest.Mount
}{
	"the first value of a field alone":           {"cookie", withFault(faultyHeader)},
	"X-Forwarded-Proto is believed":              {"cookie", withFault(faultyScheme)},
	"the query is unescaped":                     {"place", withFault(faultyQuery)},
	"what others have set is replaced":           {"gate", withAnswers(func(res *core.Response) { res.Header.Del("Vary") })},
	"the body of a refusal is lost":              {"token", withAnswers(func(res *core.Response) { res.Body = nil })},
	"an answer that is another than is declared": {"server", declared("an unknown path", "405")},
	"an answer of no case":                       {"server", declared("no such case", "404")},
	"our answer is said to be the server's":      {"token", declared("RFC 7515 7.1: no dot", "401")},
	"another framework's name":                   {"events", func() adaptertest.Mount { m := NetHTTP; m.Framework = "gin"; return m }()},
	"a context that is said not to end":          {"client that is gone", func() adaptertest.Mount { m := NetHTTP; m.NoDisconnect = true; return m }()},
}

// TestFaults runs the suite on each, in a process of its own, where it must fail.
func TestFaults(t *testing.T) {
	if fault, ok := faults[os.Getenv("JWTGATE_FAULT")]; ok {
		adaptertest.Run(t, fault.mount)
		return
	}
	for name, fault := range faults {
		run := exec.Command(os.Args[0], "-test.run=^TestFaults$/^"+strings.ReplaceAll(fault.groups, " ", "_")+"$")
		run.Env = append(os.Environ(), "JWTGATE_FAULT="+name)
		out, err := run.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--- FAIL: TestFaults") {
			t.Errorf("%s: the suite passes: %v\n%s", name, err, out)
		}
	}
	green := exec.Command(os.Args[0], "-test.run=^TestConform$/^(request|gate|server)$")
	if out, err := green.CombinedOutput(); err != nil {
		t.Errorf("without a fault: %v\n%s", err, out)
	}
}

func declared(name, answer string) adaptertest.Mount {
	m := NetHTTP
	m.Before = map[string]string{name: answer}
	return m
}

// withFault is net/http with Requests that have a fault.
func withFault(fault func(core.Request) core.Request) adaptertest.Mount {
	return withGates(func(gate core.Gate) core.Gate {
		return func(r core.Request) (context.Context, core.Response, bool) { return gate(fault(r)) }
	})
}

// withAnswers is net/http with answers that have one.
func withAnswers(fault func(*core.Response)) adaptertest.Mount {
	return withGates(func(gate core.Gate) core.Gate {
		return func(r core.Request) (context.Context, core.Response, bool) {
			ctx, res, ok := gate(r)
			res.Header = res.Header.Clone()
			fault(&res)
			return ctx, res, ok
		}
	})
}

func withGates(change func(core.Gate) core.Gate) adaptertest.Mount {
	m := NetHTTP
	m.Serve = func(t testing.TB, app *adaptertest.App) string {
		for _, route := range app.Routes {
			for i := range route.Gates {
				route.Gates[i] = change(route.Gates[i])
			}
		}
		return NetHTTP.Serve(t, app)
	}
	return m
}

func faultyHeader(r core.Request) core.Request { return firstValue{r} }

type firstValue struct{ core.Request }

func (f firstValue) Header(name string) []string {
	values := f.Request.Header(name)
	return values[:min(1, len(values))]
}

func faultyScheme(r core.Request) core.Request { return forwarded{r} }

type forwarded struct{ core.Request }

func (f forwarded) Scheme() string {
	if values := f.Header("X-Forwarded-Proto"); len(values) > 0 {
		return values[0]
	}
	return f.Request.Scheme()
}

func faultyQuery(r core.Request) core.Request { return unescaped{r} }

type unescaped struct{ core.Request }

func (u unescaped) RawQuery() string { return strings.ReplaceAll(u.Request.RawQuery(), "%", "") }
