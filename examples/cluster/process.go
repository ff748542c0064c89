package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"syscall"
	"time"
)

// process is a program that listens on an address. A nil one is none.
type process struct {
	name, addr string
	cmd        *exec.Cmd
	log        io.Writer
	ended      chan struct{} // is closed at its end
}

// run starts a program and returns when it listens. What it prints goes to log.
func run(name, addr string, cmd *exec.Cmd, log io.Writer) (*process, error) {
	p := &process{name: name, addr: addr, cmd: cmd, log: log}
	if err := p.again(); err != nil {
		return nil, err
	}
	return p, nil
}

// again starts the program, for the first time or after its end. Another program
// on the address would be taken for it, so the address must be free.
func (p *process) again() error {
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if err := l.Close(); err != nil {
		return err
	}
	cmd := exec.Command(p.cmd.Path, p.cmd.Args[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.cmd.Env, p.log, p.log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go func() { _ = cmd.Wait(); close(ended) }()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", p.addr); err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("%s ended instead of listening on %s", p.name, p.addr)
		default:
		}
	}
	p.kill()
	return fmt.Errorf("%s does not listen on %s", p.name, p.addr)
}

// stop asks the program to end, and makes it if it takes too long.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		p.kill()
	}
}

// kill ends the program as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// freeAddr is an address of this machine on which nobody listens. Its port is below
// those of outgoing connections, or one of them might have taken it when the
// program is started again.
func freeAddr() (string, error) {
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		if l, err := net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", errors.New("there is no free port")
}
