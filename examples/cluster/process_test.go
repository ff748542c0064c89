package main

import (
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestTakenAddress: whoever listens on the address already is not taken for the
// program, which could not listen there.
func TestTakenAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	p, err := run("nginx", l.Addr().String(), exec.Command("sleep", "60"), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "nginx") || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("got %v, want an error that names nginx and %v", err, l.Addr())
	}
	if p != nil {
		p.kill()
		t.Error("got a process beside the error")
	}
}

// TestNginxTimeouts: nginx reads what clients send before the nodes do, and its own
// time-outs are a minute.
func TestNginxTimeouts(t *testing.T) {
	for name, want := range map[string]string{"client_header_timeout": headerTimeout.String(), "client_body_timeout": readTimeout.String(), "send_timeout": writeTimeout.String()} {
		got := regexp.MustCompile(`\b` + name + ` (\w+);`).FindStringSubmatch(nginxConf)
		if got == nil || got[1] != want {
			t.Errorf("nginx.conf: got %s %q, want %s", name, got, want)
		}
	}
}
