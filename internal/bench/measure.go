package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// Cell is one thing that is measured: a contestant at one place, with one input.
type Cell struct {
	Level     string  `json:"level"`               // decode, in memory, end to end, or what grows
	Framework string  `json:"framework,omitempty"` // "" at decode level
	Alg       string  `json:"alg,omitempty"`
	Input     Input   `json:"input"`
	At        string  `json:"at,omitempty"` // where on the axis of what grows
	Name      string  `json:"name"`
	Allocs    float64 `json:"allocs"` // for each run
	Bytes     float64 `json:"bytes"`
	// Samples are nanoseconds of CPU time for each run, one for each round. Those
	// of one round were measured one after the other, and can be compared.
	Samples []float64 `json:"samples"`
	Note    string    `json:"note,omitempty"`

	run  func(n int) error
	n    int
	noGC bool // collecting garbage before each sample would take longer than the sample
}

// group are cells that are compared with each other: within a round they are
// measured one after the other.
type group []*Cell

// Median of the samples.
func (c *Cell) Median() float64 { return quantile(c.Samples, 0.5) }

func quantile(samples []float64, q float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	s := slices.Clone(samples)
	slices.Sort(s)
	at := q * float64(len(s)-1)
	low := int(at)
	if low+1 == len(s) {
		return s[low]
	}
	return s[low] + (at-float64(low))*(s[low+1]-s[low])
}

// plan says how long to measure.
type plan struct {
	Rounds       int           // in memory
	Sample       time.Duration // CPU time of one sample
	GrowRounds   int
	LoadRounds   int // end to end
	LoadRequests int // of the cells with a target, in each round
	MoreRounds   int // of the other cells
	MoreRequests int
	MostCached   int // largest number of cached tokens
	Flood        int // distinct tokens beyond the bound
	MostKeys     int
	AllLoads     bool
	Collect      bool // garbage, before each sample
}

var (
	fullPlan = plan{
		Rounds: 21, Sample: 10 * time.Millisecond, GrowRounds: 15,
		LoadRounds: 21, LoadRequests: 2000, MoreRounds: 7, MoreRequests: 600, AllLoads: true, Collect: true,
		MostCached: 1_000_000, Flood: 1_000_000, MostKeys: 1000,
	}
	quickPlan = plan{
		Rounds: 3, Sample: time.Millisecond, GrowRounds: 3,
		LoadRounds: 3, LoadRequests: 160,
		MostCached: 1000, Flood: 10_000, MostKeys: 10,
	}
)

// measure fills in the groups' samples and allocations, on one core: beside a
// single goroutine, a second core would only do the garbage collector's work
// earlier, and how much of it depends on what else the machine does.
func measure(groups []group, rounds int, sample time.Duration, progress io.Writer) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	order := rand.New(rand.NewPCG(1, 2))
	for _, g := range groups {
		for _, c := range g {
			if err := c.calibrate(sample); err != nil {
				return err
			}
		}
	}
	for round := range rounds {
		order.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
		for _, g := range groups {
			for i := range g {
				// Another one begins in each round, so that none always follows the
				// same neighbour.
				if err := g[(i+round)%len(g)].sample(); err != nil {
					return err
				}
			}
		}
		fmt.Fprintf(progress, "\r  round %d of %d", round+1, rounds)
	}
	fmt.Fprint(progress, "\r                      \r")
	return nil
}

func (c *Cell) name() string {
	return fmt.Sprintf("%s %s %s %s %s %s", c.Level, c.Framework, c.Alg, c.Input, c.At, c.Name)
}

// calibrate finds how many runs take as long as a sample should, and counts
// allocations meanwhile.
func (c *Cell) calibrate(sample time.Duration) error {
	for c.n = 1; ; c.n *= 2 {
		took := time.Duration(math.MaxInt64)
		for range 2 { // the first one may have been alone in finding things cold
			start := cpuTime()
			if err := c.run(c.n); err != nil {
				return fmt.Errorf("%s: %w", c.name(), err)
			}
			took = min(took, cpuTime()-start)
		}
		if took >= sample/3 || c.n >= 1<<26 {
			c.n = max(1, int(float64(c.n)*float64(sample)/float64(max(took, 1))))
			break
		}
	}
	// A collection would empty the pools, and count what fills them again.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runs := min(max(c.n, 10), 200)
	c.Allocs, c.Bytes = math.Inf(1), math.Inf(1)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := c.run(runs); err != nil {
			return fmt.Errorf("%s: %w", c.name(), err)
		}
		runtime.ReadMemStats(&after)
		c.Allocs = min(c.Allocs, math.Round(100*float64(after.Mallocs-before.Mallocs)/float64(runs))/100)
		c.Bytes = min(c.Bytes, math.Round(float64(after.TotalAlloc-before.TotalAlloc)/float64(runs)))
	}
	return nil
}

// gcBefore is off in a quick run, which it would make several times as long.
var gcBefore = true

func (c *Cell) sample() error {
	if !c.noGC && gcBefore {
		runtime.GC() // the neighbour's garbage is his own
	}
	start := cpuTime()
	if err := c.run(c.n); err != nil {
		return fmt.Errorf("%s: %w", c.name(), err)
	}
	took := float64(cpuTime()-start) / float64(c.n)
	c.Samples = append(c.Samples, math.Round(took*10)/10)
	return nil
}
