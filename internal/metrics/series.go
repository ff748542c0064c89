package metrics

import (
	"strings"
	"sync"
)

// values are those of a metric's labels, in its order; the rest is empty.
type values [4]string

const (
	defaultMaxValues = 100
	other            = "other" // stands for every value that is one too many
)

// series are those of one metric. What a label may hold is up to the application
// (its guards, its routes, its tenants' issuers), and a monitoring system pays for
// each value, so there is an end to them.
type series struct {
	mu     sync.RWMutex
	known  map[values]Record
	with   func([]string) Record
	labels []seen
}

// seen are the values that a label has had, and how many it may have.
type seen struct {
	had  map[string]bool
	most int
}

func newSeries(labels []Label, most int, with func([]string) Record) *series {
	s := &series{known: map[values]Record{}, with: with}
	for _, l := range labels {
		one := seen{map[string]bool{}, defaultMaxValues}
		if l.Open && most != 0 {
			one.most = most
		}
		s.labels = append(s.labels, one)
	}
	return s
}

// of is the series with these values.
func (s *series) of(v values) Record {
	s.mu.RLock()
	record := s.known[v]
	s.mu.RUnlock()
	if record != nil {
		return record
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := v
	for i, l := range s.labels {
		kept[i] = strings.ToValidUTF8(v[i], "\uFFFD")
		if !l.had[kept[i]] && len(l.had) >= l.most {
			kept[i] = other
		}
	}
	record = s.known[kept]
	if record == nil {
		for i, l := range s.labels {
			l.had[kept[i]] = true
		}
		record = s.with(kept[:len(s.labels)])
		s.known[kept] = record
	}
	return record
}
