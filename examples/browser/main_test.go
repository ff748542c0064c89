package main

import (
	"bufio"
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// TestMain is the program itself, if a test starts it again as a process.
func TestMain(m *testing.M) {
	if os.Getenv("BROWSER_TEST") == "run" {
		os.Exit(untilSignal(bcrypt.MinCost))
	}
	os.Exit(m.Run())
}

var names = slices.Sorted(maps.Keys(frameworks))

// start serves until the test ends, and returns the URL.
func start(t *testing.T, framework string, doubleSubmit bool) string {
	t.Helper()
	s, err := newService(time.Minute, doubleSubmit, slog.New(slog.DiscardHandler), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, frameworks[framework](s), l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && err != http.ErrServerClosed {
			t.Errorf("%s: serve: %v", framework, err)
		}
	})
	return "http://" + l.Addr().String()
}

func TestProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process gets an interrupt there")
	}
	for _, framework := range names {
		t.Run(framework, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-framework", framework, "-addr", "127.0.0.1:0", "-lifetime", "7s")
			cmd.Env = append(os.Environ(), "BROWSER_TEST=run")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			lines := bufio.NewScanner(out)
			base, text := "", ""
			for lines.Scan() && !strings.Contains(text, "private window") {
				if found := regexp.MustCompile(`http://localhost:[0-9]+`).FindString(lines.Text()); found != "" {
					base = found
				}
				text += lines.Text() + "\n"
			}
			for _, want := range []string{framework + " on http://localhost:", "joe with pass", "ann with word", "lasts 7s"} {
				if !strings.Contains(text, want) {
					t.Errorf("printed %q, want %q in it", text, want)
				}
			}
			u := newUser(t, strings.Replace(base, "localhost", "127.0.0.1", 1))
			if a := u.logIn(); a.body != `{"expires_in":7}`+"\n" {
				t.Errorf("the login answered %s, want no token and 7 seconds", a.body)
			}
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("after SIGINT: %v, want exit status 0", err)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"another framework", []string{"-framework", "chi"}, 2, `not "chi"`},
		{"no flag", []string{"gin"}, 2, `"gin" is no flag`},
		{"an unknown flag", []string{"-x"}, 2, "-x"},
		{"help", []string{"-h"}, 0, "-double-submit"},
		{"no lifetime", []string{"-lifetime", "1ms"}, 1, "Lifetime: 1ms"},
		{"no such address", []string{"-addr", "127.0.0.1:x"}, 1, "choose where to listen"},
	} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), tt.args, &stdout, &stderr, bcrypt.MinCost); code != tt.code || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%s: got %d %s, want %d and %q", tt.name, code, stderr.String(), tt.code, tt.want)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for _, tt := range []struct{ ip, want string }{
		{"127.0.0.1", "http://localhost:80"},
		{"::1", "http://localhost:80"},
		{"0.0.0.0", "http://localhost:80"},
		{"192.0.2.1", "http://192.0.2.1:80"},
		{"2001:db8::1", "http://[2001:db8::1]:80"},
	} {
		if got := baseURL(&net.TCPAddr{IP: net.ParseIP(tt.ip), Port: 80}); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.ip, got, tt.want)
		}
	}
}
