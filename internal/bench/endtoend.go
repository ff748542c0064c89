package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// loadCell is a cell whose figure is the server process's CPU time.
type loadCell struct {
	*Cell
	server *process
	order  []byte
	n      int
	rounds int
}

// endToEnd measures requests over loopback: each contestant is a server process
// of its own, all of them alive during the whole run, and one more process
// sends the requests.
func endToEnd(ring keyring, fixtures []*fixture, p plan, progress io.Writer) (cells []*Cell, err error) {
	generator, err := startChild("load")
	if err != nil {
		return nil, err
	}
	processes := []*process{generator}
	defer func() {
		for _, p := range processes {
			err = errors.Join(err, p.stop())
		}
	}()
	groups, err := loadGroups(ring, fixtures, p, &processes)
	if err != nil {
		return nil, err
	}
	for _, g := range groups { // before the order is shuffled
		for _, c := range g {
			cells = append(cells, c.Cell)
		}
	}
	order := rand.New(rand.NewPCG(3, 4))
	for round := range p.LoadRounds {
		order.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
		for _, g := range groups {
			for i := range g {
				c := g[(i+round)%len(g)]
				if round >= c.rounds {
					continue
				}
				if round == 0 { // connections, pools, caches
					if _, err := c.sample(generator); err != nil {
						return nil, err
					}
				}
				ns, err := c.sample(generator)
				if err != nil {
					return nil, err
				}
				c.Samples = append(c.Samples, math.Round(ns))
			}
		}
		fmt.Fprintf(progress, "\r  round %d of %d", round+1, p.LoadRounds)
	}
	fmt.Fprint(progress, "\r                      \r")
	return cells, nil
}

// loadGroups starts the servers and lists what to send to them. RS256 with a
// valid token has a target, and most of the time.
func loadGroups(ring keyring, fixtures []*fixture, p plan, processes *[]*process) ([][]*loadCell, error) {
	type place struct {
		framework, alg string
		in             Input
	}
	var places []place
	groups := map[place][]*loadCell{}
	for _, c := range contestants() {
		if c.Name == floorName {
			continue
		}
		server, err := startChild("serve")
		if err != nil {
			return nil, err
		}
		*processes = append(*processes, server)
		order, err := json.Marshal(serveOrder{ring, c.Framework, c.Name})
		if err != nil {
			return nil, err
		}
		addr, err := server.ask(order)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", c.Framework, c.Name, err)
		}
		for i, f := range fixtures {
			for _, in := range []Input{Valid, BadSignature, Expired, Missing} {
				target := f.Alg == "RS256" && in == Valid
				if !target && !p.AllLoads || in == Missing && i > 0 || c.Name == refusalName && in == Valid {
					continue
				}
				cell := &loadCell{
					Cell:   &Cell{Level: levelLoad, Framework: c.Framework, Alg: f.Alg, Input: in, Name: c.Name},
					server: server, n: p.MoreRequests, rounds: p.MoreRounds,
				}
				if target {
					cell.n, cell.rounds = p.LoadRequests, p.LoadRounds
				}
				var right []int
				for _, status := range []int{200, 400, 401} {
					if c.expects(in, status) {
						right = append(right, status)
					}
				}
				cell.order, err = json.Marshal(loadOrder{addr, requestBytes(f.path(), f.authorization(in)), cell.n, right})
				if err != nil {
					return nil, err
				}
				at := place{c.Framework, f.Alg, in}
				if groups[at] == nil {
					places = append(places, at)
				}
				groups[at] = append(groups[at], cell)
			}
		}
	}
	var all [][]*loadCell
	for _, at := range places {
		all = append(all, groups[at])
	}
	return all, nil
}

// sample is the server's CPU time for each of the requests, in nanoseconds.
func (c *loadCell) sample(generator *process) (float64, error) {
	before, err := c.server.cpu()
	if err != nil {
		return 0, err
	}
	answer, err := generator.ask(c.order)
	if err == nil && answer != "ok" {
		err = errors.New(answer)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", c.name(), err)
	}
	after, err := c.server.cpu()
	if err != nil {
		return 0, err
	}
	return float64(after-before) / float64(c.n), nil
}

func (p *process) cpu() (time.Duration, error) {
	line, err := p.ask(nil)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(line, 10, 64)
	return time.Duration(ns), err
}
