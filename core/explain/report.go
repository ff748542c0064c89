package explain

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// Verdict is what became of a step.
type Verdict string

const (
	OK         Verdict = "ok"
	No         Verdict = "no"
	Unknown    Verdict = "unknown"     // it could not be found out: an outage, or a defect
	NotReached Verdict = "not reached" // the judgement ended before, or may have
)

// Finding is a step of the judgement.
type Finding struct {
	Step    string  `json:"step"` // "form", "key", "signature" and so on; see [Steps]
	Verdict Verdict `json:"verdict"`
	// Claim is the claim that was judged, if the step ended at one.
	Claim string `json:"claim,omitempty"`
	// Reason is why it ended there, in plain words, those of docs/refused.md where the
	// Event has a Cause, and Fix how to mend it.
	Reason string `json:"reason,omitempty"`
	Fix    string `json:"fix,omitempty"`
	// Found and Wanted are what stands in the token, and what was configured. Only
	// Token fills them in.
	Found  string `json:"found,omitempty"`
	Wanted string `json:"wanted,omitempty"`
}

// Report is a judgement, step by step, in the order in which a gate goes through
// them.
type Report struct {
	// Kind is why it was refused, zero for a yes.
	Kind core.Kind `json:"-"`
	// Findings are the steps. What a report is not about is left out: of a decoder
	// that is all before the token was found and after it was verified.
	Findings []Finding `json:"findings"`
}

// Accepted reports whether the answer was yes.
func (r Report) Accepted() bool { return r.Kind == 0 }

// End is the step at which the judgement ended with a no; false if it did not.
func (r Report) End() (Finding, bool) {
	for _, f := range r.Findings {
		if f.Verdict == No || f.Verdict == Unknown {
			return f, true
		}
	}
	return Finding{}, false
}

// String is the report in lines.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%-10s  %s", f.Step, f.Verdict)
		if f.Claim != "" {
			fmt.Fprintf(&b, " (%s)", f.Claim)
		}
		b.WriteByte('\n')
		for _, line := range []struct{ name, text string }{
			{"why", f.Reason}, {"found", f.Found}, {"wanted", f.Wanted}, {"to mend", f.Fix},
		} {
			if line.text != "" {
				fmt.Fprintf(&b, "%10s  %-8s %s\n", "", line.name+":", line.text)
			}
		}
	}
	switch end, _ := r.End(); {
	case r.Accepted():
		b.WriteString("accepted\n")
	case end.Verdict == Unknown:
		fmt.Fprintf(&b, "not known: %s\n", r.Kind)
	default:
		fmt.Fprintf(&b, "refused: %s\n", r.Kind)
	}
	return b.String()
}

// eventOf is what an Observer would see of what a decoder returned.
func eventOf(err error) core.Event {
	if err == nil {
		return core.Event{}
	}
	if e, ok := errors.AsType[*core.Error](err); ok {
		return core.Event{Kind: e.Kind, Claim: e.Claim, Cause: e.Cause}
	}
	kind, _ := errors.AsType[core.Kind](err)
	return core.Event{Kind: cmp.Or(kind, core.Internal), Cause: err}
}

// Event is the report of what an Observer saw at a gate. At which step there was an
// outage or a defect it tells if the Observer is a [core.StepObserver]. For what of a
// token's header the reason names, … stands there.
func Event(e core.Event) Report { return report(steps, withoutFound(e)) }

// report puts into steps what was said.
func report(steps []string, e core.Event) Report {
	r := Report{Kind: e.Kind}
	end, verdict := "", No
	if e.Kind != 0 {
		if end = stepOf(e); !slices.Contains(steps, end) {
			end = steps[len(steps)-1] // a decoder says this by its last step, Rules.Check
		}
		if e.Kind == core.Unavailable || e.Kind == core.Internal {
			verdict = Unknown
		}
	}
	state := OK
	for _, step := range steps {
		f := Finding{Step: step, Verdict: state}
		if step == end {
			f.Verdict, f.Claim, state = verdict, e.Claim, NotReached
			f.Reason, f.Fix = told(e)
		}
		if end == "payload" && (step == "key" || step == "signature") {
			f.Verdict = NotReached // which of the two comes first depends on whether iss is read early
		}
		r.Findings = append(r.Findings, f)
	}
	return r
}
