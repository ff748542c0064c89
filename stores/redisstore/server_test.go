package redisstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/stores/redisstore"
)

func init() { redis.SetLogger(quiet{}) }

// quiet is a log of go-redis without what it says of servers that are down.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// server is a redis-server of the tests' own, on loopback.
type server struct {
	addr string
	dir  string
	args []string
	cmd  *exec.Cmd
	done chan struct{}

	clients []*redis.Client
}

// binary is redis-server, or skips the test: JWTGATE_REDIS=required fails it.
func binary(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("JWTGATE_REDIS") == "required" {
		t.Fatal("redis-server is not installed, and JWTGATE_REDIS says that it is required")
	}
	if err != nil {
		t.Skip("redis-server is not installed (Debian: apt install redis-server); this test needs it")
	}
	return path
}

// newServer starts a server that ends with the test.
func newServer(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{dir: t.TempDir(), args: args}
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

// start starts the server, again at the same address if it has one.
func (s *server) start(t testing.TB) {
	t.Helper()
	for range 5 {
		addr := s.addr
		if addr == "" {
			addr = freeAddr(t)
		}
		_, port, _ := net.SplitHostPort(addr)
		log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		s.cmd = exec.Command(binary(t), append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", ""}, s.args...)...)
		s.cmd.Stdout, s.cmd.Stderr = log, log
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = log.Close()
		s.done = make(chan struct{})
		go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(s.cmd, s.done)
		if s.answers(addr) {
			s.addr = addr
			for _, c := range s.clients { // after many errors one looks once a second for a server
				soon(t, "a client connects", func() bool { return c.Ping(context.Background()).Err() == nil })
			}
			return
		}
		s.kill() // perhaps somebody else has taken the port
	}
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	t.Fatalf("redis-server does not start: %s", text)
}

// answers waits until the server takes commands, which is after it has read its
// file.
func (s *server) answers(addr string) bool {
	c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1})
	defer c.Close()
	for range 500 {
		if info, err := c.Info(context.Background(), "server").Result(); err == nil {
			return strings.Contains(info, fmt.Sprintf("process_id:%d\r", s.cmd.Process.Pid)) // and not somebody else's
		}
		select {
		case <-s.done:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return false
}

// kill ends the server as a crash would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// options are a client's that soon gives up on a server that is gone.
func (s *server) options() *redis.Options {
	return &redis.Options{Addr: s.addr, ContextTimeoutEnabled: true, DialerRetries: 1}
}

func (s *server) client(t testing.TB) *redis.Client {
	c := redis.NewClient(s.options())
	t.Cleanup(func() { _ = c.Close() })
	s.clients = append(s.clients, c)
	return c
}

// freeAddr is an address on which nobody listens, with a port below those that
// outgoing connections take, and low enough for a cluster's second port.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(9000))
		_, port, _ := net.SplitHostPort(addr)
		n, _ := strconv.Atoi(port)
		if free(addr) && free(fmt.Sprintf("127.0.0.1:%d", n+10000)) {
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

func free(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	return l.Close() == nil
}

var prefixes struct {
	sync.Mutex
	n int
}

// newPrefix is one that no other test has.
func newPrefix() string {
	prefixes.Lock()
	defer prefixes.Unlock()
	prefixes.n++
	return fmt.Sprintf("test%d:", prefixes.n)
}

// key is the one key of a store that ends so, whatever the realm.
func key(t testing.TB, client *redis.Client, prefix, pattern string) string {
	t.Helper()
	keys, err := client.Keys(context.Background(), prefix+"*:"+pattern).Result()
	if err != nil || len(keys) != 1 {
		t.Fatalf("%s: keys %v, %v, want one", pattern, keys, err)
	}
	return keys[0]
}

// open opens a store that ends with the test. Without a prefix it gets its own.
func open(t testing.TB, client redisstore.Client, cfg redisstore.Config) *redisstore.Store {
	t.Helper()
	if cfg.Prefix == "" {
		cfg.Prefix = newPrefix()
	}
	store, err := redisstore.New(client, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}
