package main

import (
	"fmt"
	"math"
)

// Target is one line of what was promised, with what was measured.
type Target struct {
	What   string  `json:"what"`
	Where  string  `json:"where"`
	Most   float64 `json:"most"` // the target
	Got    Ratio   `json:"got"`
	Unit   string  `json:"unit,omitempty"` // "" for a ratio
	Allocs string  `json:"allocs,omitempty"`
	Met    bool    `json:"met"`
	Beside string  `json:"beside,omitempty"` // what else is worth knowing
}

var ourFrameworks = []string{"net/http", "gin", "echo", "fiber"}

// targets judges the results. Every target is a ratio of medians of one run.
func (r *Results) targets() []Target {
	var all []Target
	for _, list := range [][]Target{r.firstSight(), r.hits(), r.wholeHits(), r.wholeFirstSight(), r.refusals(), r.loads(), r.memory()} {
		all = append(all, list...)
	}
	return all
}

func judged(t Target) Target {
	t.Met = t.Met && t.Got.Value <= t.Most
	return t
}

func (r *Results) firstSight() []Target {
	var all []Target
	for _, alg := range algorithmNames {
		ours, raw := r.find(levelDecode, "", alg, Valid, oursName), r.find(levelDecode, "", alg, Valid, rawName)
		t := Target{What: "first sight, core decode / raw verification", Where: alg, Most: 1.05, Got: ratio(ours, raw, nil), Met: true}
		if alg == "HS256" {
			t.What, t.Most = "first sight, core decode / raw HMAC", 1.6
			t.Allocs, t.Met = fmt.Sprintf("%.4g (at most 6)", ours.Allocs), ours.Allocs <= 6
		}
		all = append(all, judged(t))
	}
	return all
}

func (r *Results) hits() []Target {
	var all []Target
	for _, alg := range algorithmNames {
		ours, raw := r.find(levelDecode, "", alg, Valid, cachedName), r.find(levelDecode, "", alg, Valid, hmacName)
		all = append(all, judged(Target{
			What: "cache hit, core decode / raw HMAC", Where: alg, Most: 0.25, Got: ratio(ours, raw, nil),
			Allocs: fmt.Sprintf("%.4g (at most 0)", ours.Allocs), Met: ours.Allocs == 0,
		}))
	}
	return all
}

// wholeHits takes the algorithm with the largest ratio: all must be met.
func (r *Results) wholeHits() []Target {
	var all []Target
	for _, framework := range ourFrameworks {
		worst := Target{What: "whole middleware, cache hit / floor", Where: framework, Most: 2, Met: true, Got: Ratio{Value: math.Inf(-1)}}
		more := math.Inf(-1)
		for _, alg := range algorithmNames {
			cell := func(name string) *Cell { return r.find(levelMemory, framework, alg, Valid, name) }
			if got := ratio(cell(cachedName), cell(floorName), nil); !(got.Value <= worst.Got.Value) {
				worst.Got = got
				worst.Beside = fmt.Sprintf("%s, the largest of four; above the bare handler %.2f", alg, ratio(cell(cachedName), cell(floorName), cell(bareName)).Value)
			}
			more = max(more, cell(cachedName).Allocs-cell(floorName).Allocs)
		}
		worst.Allocs, worst.Met = fmt.Sprintf("%+.4g (at most +1)", more), more <= 1
		all = append(all, judged(worst))
	}
	return all
}

func (r *Results) wholeFirstSight() []Target {
	var all []Target
	for _, framework := range ourFrameworks {
		cell := func(name string) *Cell { return r.find(levelMemory, framework, "HS256", Valid, name) }
		peer := fastest(r.peers(levelMemory, framework, "HS256", Valid))
		all = append(all, judged(Target{
			What: "whole middleware, first sight HS256 / fastest peer, above the bare handler", Where: framework, Most: 0.3, Met: true,
			Got:    ratio(cell(oursName), peer, cell(bareName)),
			Beside: fmt.Sprintf("%s; with the bare handler %.2f", peer.Name, ratio(cell(oursName), peer, nil).Value),
		}))
	}
	return all
}

func (r *Results) refusals() []Target {
	all := []Target{judged(Target{
		What: "bad signature HS256, core decode / raw HMAC", Where: "core", Most: 1.3, Met: true,
		Got: ratio(r.find(levelDecode, "", "HS256", BadSignature, oursName), r.find(levelDecode, "", "HS256", BadSignature, hmacName), nil),
	})}
	for _, framework := range ourFrameworks {
		cell := func(name string) *Cell { return r.find(levelMemory, framework, "HS256", BadSignature, name) }
		all = append(all, judged(Target{
			What: "bad signature HS256, whole middleware above a bare 401 / raw HMAC", Where: framework, Most: 1.3, Met: true,
			Got: ratioOf(cell(oursName), cell(refusalName), cell(hmacName), nil),
		}))
	}
	for _, framework := range ourFrameworks {
		cell := func(name string) *Cell { return r.find(levelMemory, framework, "HS256", Missing, name) }
		all = append(all, judged(Target{
			What: "missing token, whole middleware / bare 401 of the same bytes", Where: framework, Most: 1.5, Met: true,
			Got:    ratio(cell(oursName), cell(refusalName), nil),
			Beside: fmt.Sprintf("%+.4g allocations", cell(oursName).Allocs-cell(refusalName).Allocs),
		}))
	}
	return all
}

func (r *Results) loads() []Target {
	var all []Target
	for _, framework := range ourFrameworks {
		cell := func(name string) *Cell { return r.find(levelLoad, framework, "RS256", Valid, name) }
		peer := fastest(r.peers(levelLoad, framework, "RS256", Valid))
		all = append(all, judged(Target{
			What: "end to end, RS256, cache on, CPU per request / bare handler", Where: framework, Most: 1.25, Met: true,
			Got:    ratio(cell(cachedName), cell(bareName), nil),
			Beside: fmt.Sprintf("%s %.2f, jwtgate without the cache %.2f", peer.Name, ratio(peer, cell(bareName), nil).Value, ratio(cell(oursName), cell(bareName), nil).Value),
		}))
	}
	return all
}

func (r *Results) memory() []Target {
	var all []Target
	for _, m := range r.Memory {
		if m.Flood == 0 {
			all = append(all, judged(Target{
				What: "memory for each cached token, beyond the token", Where: fmt.Sprintf("%d kept", m.Kept),
				Most: 1536, Got: Ratio{m.PerKept, m.PerKept, m.PerKept}, Unit: "bytes", Met: true,
				Beside: fmt.Sprintf("of %d tokens in turn, a quarter of CacheTokens, %.1f%% hit", m.Tokens, 100*m.Hits),
			}))
			continue
		}
		growth := float64(m.After) - float64(m.Before)
		percent := round(100*growth/float64(m.Cache), 2)
		all = append(all, judged(Target{
			What:  fmt.Sprintf("growth of the heap, %d distinct tokens beyond a bound of %d", m.Flood, m.Bound),
			Where: fmt.Sprintf("of %d KiB", m.Cache/1024),
			Most:  1, Got: Ratio{percent, percent, percent}, Unit: "%", Met: true,
			Beside: fmt.Sprintf("%+.0f KiB; %.1f%% of the tokens in use stayed cached; of %d tokens in turn, as many as CacheTokens, %.1f%% hit",
				growth/1024, 100*m.HotKept, m.Bound, 100*m.Hits),
		}))
	}
	return all
}
