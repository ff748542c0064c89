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
	labels []map[string]bool // the values that each label has had
	most   int
}

func newSeries(labels, most int, with func([]string) Record) *series {
	if most == 0 {
		most = defaultMaxValues
	}
	s := &series{known: map[values]Record{}, with: with, labels: make([]map[string]bool, labels), most: most}
	for i := range s.labels {
		s.labels[i] = map[string]bool{}
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
	for i, had := range s.labels {
		kept[i] = strings.ToValidUTF8(v[i], "\uFFFD")
		if !had[kept[i]] && len(had) >= s.most {
			kept[i] = other
		}
	}
	record = s.known[kept]
	if record == nil {
		for i, had := range s.labels {
			had[kept[i]] = true
		}
		record = s.with(kept[:len(s.labels)])
		s.known[kept] = record
	}
	return record
}
