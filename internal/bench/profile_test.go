package main

import "testing"

// The contestants as benchmarks, for a profile of one of them:
//
//	go test -run '^$' -bench 'Memory/gin/jwtgate,_cached/RS256/valid' -cpuprofile cpu.out
//
// The command's own figures are made in measure.go.

func BenchmarkDecode(b *testing.B) {
	groups, err := decodeGroups(benchFixtures(b))
	benchGroups(b, groups, err)
}

func BenchmarkMemory(b *testing.B) {
	groups, err := memoryGroups(benchFixtures(b))
	benchGroups(b, groups, err)
}

func benchFixtures(b *testing.B) []*fixture {
	b.Helper()
	ring, err := newKeyring()
	if err != nil {
		b.Fatal(err)
	}
	fixtures, err := ring.fixtures()
	if err != nil {
		b.Fatal(err)
	}
	return fixtures
}

func benchGroups(b *testing.B, groups []group, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	for _, g := range groups {
		for _, c := range g {
			name := c.Name + "/" + c.Alg + "/" + string(c.Input)
			if c.Framework != "" {
				name = c.Framework + "/" + name
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				if err := c.run(b.N); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
