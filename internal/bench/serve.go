package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"time"
)

// childVariable makes a process of this program a server or the load generator.
const childVariable = "JWTGATE_BENCH_CHILD"

// child runs the process if it is a child, and reports whether it was one.
func child() bool {
	var err error
	switch os.Getenv(childVariable) {
	case "serve":
		err = serveChild(os.Stdin, os.Stdout)
	case "load":
		err = loadChild(os.Stdin, os.Stdout)
	default:
		return false
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0) // servers have no other end
	return true
}

// serveOrder is the first line that a server reads.
type serveOrder struct {
	Keys            keyring
	Framework, Name string
}

// serveChild answers on a port of loopback, and on each line it reads it tells
// the CPU time that it has used so far. It ends with its input.
func serveChild(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	var order serveOrder
	if err := json.Unmarshal(first, &order); err != nil {
		return err
	}
	fixtures, err := order.Keys.fixtures()
	if err != nil {
		return err
	}
	for _, c := range contestants() {
		if c.Framework != order.Framework || c.Name != order.Name {
			continue
		}
		a, err := c.build(fixtures)
		if err != nil {
			return err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Fprintln(out, l.Addr())
		failed := make(chan error, 1)
		go func() { failed <- a.serve(l) }()
		go func() {
			for {
				if _, err := lines.ReadString('\n'); err != nil {
					failed <- nil
					return
				}
				fmt.Fprintln(out, cpuTime().Nanoseconds())
			}
		}()
		return <-failed
	}
	return fmt.Errorf("no contestant %s, %s", order.Framework, order.Name)
}

// process is a child as its parent sees it: a line in, a line out.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startChild(role string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	// One core for the server, one for the generator: with more, the scheduler's
	// search for work is counted as the server's.
	cmd.Env = append(os.Environ(), childVariable+"="+role, "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd, in, bufio.NewReader(out)}, nil
}

func (p *process) ask(question []byte) (string, error) {
	if _, err := p.in.Write(append(question, '\n')); err != nil {
		return "", err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", err
	}
	return line[:len(line)-1], nil
}

// stop ends the child by closing its input, or by force if that does not help.
func (p *process) stop() error {
	_ = p.in.Close()
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-done
		return errors.New("a child process did not end by itself")
	}
}
