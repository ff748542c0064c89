package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"

	"github.com/jwtgate/jwtgate/core"
)

// The contestants that verify nothing, which the others are compared with.
const (
	bareName    = "bare handler"
	floorName   = "floor"
	refusalName = "bare 401"
)

// contestant is a framework with a middleware in front of a handler that
// answers ok.
type contestant struct {
	Framework string
	Name      string
	Module    string // whose version is printed
	build     func([]*fixture) (webapp, error)
}

// verifies reports whether the contestant is more than something to compare with.
func (c contestant) verifies() bool {
	return c.Name != bareName && c.Name != floorName && c.Name != refusalName
}

// ours reports whether the contestant is jwtgate.
func (c contestant) ours() bool { return c.Name == oursName || c.Name == cachedName }

func contestants() []contestant {
	var all []contestant
	for _, list := range [][]contestant{nethttpContestants, ginContestants, echoContestants, echoV5Contestants, fiberContestants, fiberV3Contestants, hertzContestants, grpcContestants, connectContestants, mcpContestants} {
		all = append(all, list...)
	}
	return all
}

// webapp is what a contestant has built: a route for each algorithm, at its name.
type webapp interface {
	// exchange prepares a request in memory, out of objects that are used again,
	// as each framework's server does. Each call of send answers it anew.
	exchange(path, authorization string) (send func() (status int), err error)
	// serve answers on a socket until the process ends.
	serve(net.Listener) error
}

// requestBytes is the request that every contestant gets, in memory and over
// loopback.
func requestBytes(path, authorization string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: jwtgate-bench/1\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n", path)
	if authorization != "" {
		fmt.Fprintf(&b, "Authorization: %s\r\n", authorization)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// authorization is the field of an input; "" for none.
func (f *fixture) authorization(in Input) string {
	if in == Missing {
		return ""
	}
	return "Bearer " + f.tokens[in].s
}

func (f *fixture) path() string { return "/" + f.Alg }

// The handler's answer, written without a conversion.
var (
	okBody  = []byte("ok\n")
	okTypes = []string{"text/plain; charset=utf-8"}
)

// config is ours, with the same rules with and without a cache.
func (f *fixture) config(cacheTokens int) core.Config[*core.Claims] {
	rules := f.claims
	rules.CacheTokens = cacheTokens
	return core.Config[*core.Claims]{Keys: f.key, Rules: rules}
}

// missingAnswer is what jwtgate answers to a request without a token: the bare
// handler that it is compared with answers the same bytes.
func missingAnswer(f *fixture) core.Response {
	r, err := http.NewRequest(http.MethodGet, "http://api.example.com/", nil)
	if err != nil {
		panic(err)
	}
	return core.Must(f.config(0)).Reject(core.FromHTTP(r), core.MissingToken)
}

// floorKey is where the floor puts its one value, a pointer that is there already.
type floorKey struct{}

type floorValue struct{ _ int }

var floorIdentity = new(floorValue)
