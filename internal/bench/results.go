package main

import (
	"bytes"
	"encoding/json"
	"math"
)

// Results are all that a run has found: what is printed, the table and the
// chart are made of them and of nothing else.
type Results struct {
	Machine  Machine           `json:"machine"`
	Versions map[string]string `json:"versions"`
	Absent   []Absent          `json:"absent"`
	Targets  []Target          `json:"targets"`
	Memory   []Memory          `json:"memory"`
	Cells    []*Cell           `json:"cells"`
}

// Absent is a peer that is not among the contestants.
type Absent struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

var absent = []Absent{
	{"gin-jwt v3", "the Go module proxy refused github.com/appleboy/gin-jwt/v3, its list of versions and v3.3.0, with 403; v2.10.3 stands for it"},
}

// find returns a cell, or one without samples.
func (r *Results) find(level, framework, alg string, in Input, name string) *Cell {
	return r.findAt(level, framework, alg, in, "", name)
}

func (r *Results) findAt(level, framework, alg string, in Input, at, name string) *Cell {
	for _, c := range r.Cells {
		if c.Level == level && c.Framework == framework && c.Alg == alg && c.Input == in && c.At == at && c.Name == name {
			return c
		}
	}
	return &Cell{Level: level, Framework: framework, Alg: alg, Input: in, At: at, Name: name}
}

// peers are the cells of a framework that are neither ours nor there to be compared with.
func (r *Results) peers(level, framework, alg string, in Input) []*Cell {
	var peers []*Cell
	for _, c := range r.Cells {
		same := c.Level == level && c.Framework == framework && c.Alg == alg && c.Input == in
		if k := (contestant{Name: c.Name}); same && c.Name != hmacName && c.Name != rawName && k.verifies() && !k.ours() {
			peers = append(peers, c)
		}
	}
	return peers
}

// fastest is the peer with the smallest median.
func fastest(peers []*Cell) *Cell {
	best := &Cell{}
	for _, c := range peers {
		if len(best.Samples) == 0 || c.Median() < best.Median() {
			best = c
		}
	}
	return best
}

// Ratio is a ratio of medians, with the middle half of the rounds' own ratios.
type Ratio struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// notMeasured meets no target.
var notMeasured = Ratio{1e9, 1e9, 1e9}

// ratio divides two cells; less, if not nil, is subtracted from both first.
func ratio(a, b, less *Cell) Ratio { return ratioOf(a, less, b, less) }

// ratioOf is (a - lessA) / (b - lessB).
func ratioOf(a, lessA, b, lessB *Cell) Ratio {
	at := func(c *Cell, i int) float64 {
		if c == nil {
			return 0
		}
		if i < 0 {
			return c.Median()
		}
		return c.Samples[i]
	}
	n := math.MaxInt
	for _, c := range []*Cell{a, lessA, b, lessB} {
		if c != nil {
			n = min(n, len(c.Samples))
		}
	}
	if n == 0 {
		return notMeasured
	}
	var each []float64
	for i := range n {
		each = append(each, (at(a, i)-at(lessA, i))/(at(b, i)-at(lessB, i)))
	}
	value := (at(a, -1) - at(lessA, -1)) / (at(b, -1) - at(lessB, -1))
	return Ratio{round(value, 3), round(quantile(each, 0.25), 3), round(quantile(each, 0.75), 3)}
}

func round(x float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Round(x*p) / p
}

// encode writes one line for each cell, so that a difference between two runs
// can be read.
func (r *Results) encode() ([]byte, error) {
	cells := r.Cells
	head := *r
	head.Cells = nil
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("[\n")
	for i, c := range cells {
		line, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		b.WriteString("    ")
		b.Write(line)
		if i < len(cells)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("  ]")
	return append(bytes.Replace(text, []byte(`"cells": null`), append([]byte(`"cells": `), b.Bytes()...), 1), '\n'), nil
}
