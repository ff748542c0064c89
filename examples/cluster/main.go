// Command cluster is one service on several machines: nodes on different
// frameworks share their sessions in Redis, and nginx stands before them.
//
//	go run .
//
// starts all of it on this machine and says what to try with curl. It needs
// redis-server; without nginx a small proxy of its own stands in. A node alone:
//
//	CLUSTER_SECRET=… go run . node -framework gin -addr 127.0.0.1:8081 -redis 127.0.0.1:6379
//
// CLUSTER_SECRET_FILE names a file with the secret, as Kubernetes mounts one.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	run, args := everything, os.Args[1:]
	if len(args) > 0 && args[0] == "node" {
		run, args = node, args[1:]
	}
	err := run(ctx, args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// node is one of the processes.
func node(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("node", flag.ExitOnError)
	framework := flags.String("framework", "gin", "gin, echo, fiber or nethttp")
	addr := flags.String("addr", "127.0.0.1:8081", "host:port to listen on")
	redis := flags.String("redis", "127.0.0.1:6379", "host:port of Redis; several, with commas between them, are a Redis Cluster")
	staleness := flags.Duration("staleness", time.Second, "how long this node may go on without asking Redis whether a session was ended")
	_ = flags.Parse(args) // it exits
	newServer := frameworks[*framework]
	if newServer == nil {
		return fmt.Errorf("-framework is gin, echo, fiber or nethttp, not %q", *framework)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", *framework)
	secret := os.Getenv("CLUSTER_SECRET")
	if file := os.Getenv("CLUSTER_SECRET_FILE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("CLUSTER_SECRET_FILE: %w", err)
		}
		secret = strings.TrimSpace(string(text))
	}
	s, err := newService(*framework, *redis, secret, *staleness, log)
	if err != nil {
		return err
	}
	defer s.close()
	return serve(ctx, newServer(s), *addr)
}

// everything is Redis, a node on each framework, and a proxy before them.
func everything(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("cluster", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "host:port of the proxy")
	staleness := flags.Duration("staleness", time.Second, "the bound within which a logout is felt on all nodes")
	_ = flags.Parse(args)
	dir, err := os.MkdirTemp("", "cluster")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := start(dir, *addr, rand.Text()+rand.Text(), *staleness, os.Stderr)
	if err != nil {
		return err
	}
	defer c.stop()
	fmt.Printf(`http://%[1]s is %[2]s. Ctrl-C stops all of it.

  TOKEN=$(curl -s http://%[1]s/auth -H 'Content-Type: application/json' -d '{"username":"joe","password":"pass"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl http://%[1]s/me -H "Authorization: Bearer $TOKEN"     # each time another node
  curl -i -X POST http://%[1]s/auth/logout -H "Authorization: Bearer $TOKEN"
  curl http://%[1]s/me -H "Authorization: Bearer $TOKEN"     # refused by all
  curl http://%[3]s/me -H "Authorization: Bearer $TOKEN"     # %[4]s alone
`, *addr, c, c.nodes[0].addr, c.nodes[0].name)
	<-ctx.Done()
	return nil
}
