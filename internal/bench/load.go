package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// loadOrder is a line that the load generator reads.
type loadOrder struct {
	Addr     string
	Request  []byte
	Requests int
	Status   []int // the answers that are right
}

// loadConnections are kept alive to each server, and all of them busy.
const loadConnections = 8

// loadChild sends the requests of each order and answers with "ok", or with what
// went wrong.
func loadChild(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	open := map[string][]*loadConnection{}
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var order loadOrder
		if err := json.Unmarshal(line, &order); err != nil {
			return err
		}
		if open[order.Addr] == nil {
			for range loadConnections {
				c, err := net.DialTimeout("tcp", order.Addr, 5*time.Second)
				if err != nil {
					return err
				}
				open[order.Addr] = append(open[order.Addr], &loadConnection{c, bufio.NewReaderSize(c, 16<<10)})
			}
		}
		if err := load(order, open[order.Addr]); err != nil {
			fmt.Fprintln(out, err)
		} else {
			fmt.Fprintln(out, "ok")
		}
	}
}

// load sends the requests over the connections, one at a time on each.
func load(order loadOrder, connections []*loadConnection) error {
	errs := make([]error, len(connections))
	var wg sync.WaitGroup
	for i, c := range connections {
		n := order.Requests / len(connections)
		if i < order.Requests%len(connections) {
			n++
		}
		wg.Go(func() {
			_ = c.SetDeadline(time.Now().Add(time.Minute))
			for range n {
				status, err := c.exchange(order.Request)
				if err == nil && !contains(order.Status, status) {
					err = fmt.Errorf("answered %d, want %v", status, order.Status)
				}
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func contains(list []int, n int) bool {
	for _, have := range list {
		if have == n {
			return true
		}
	}
	return false
}

// loadConnection is a client of HTTP/1.1 that knows as much as the servers here
// need: a status line, a Content-Length.
type loadConnection struct {
	net.Conn
	r *bufio.Reader
}

func (c *loadConnection) exchange(request []byte) (status int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("no status line: %.40q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length := -1
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, errors.New("an answer without Content-Length")
	}
	_, err = c.r.Discard(length)
	return status, err
}
