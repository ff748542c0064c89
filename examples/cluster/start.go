package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"text/template"
	"time"
)

// cluster is all that was started.
type cluster struct {
	redis   *process
	nodes   []*process
	proxy   *process // nginx, if it is there
	builtin *http.Server
}

// start starts Redis, a node on each framework and the proxy. What they keep and
// log is in dir, and nothing of it is left when stop has returned but files.
func start(dir, addr, secret string, staleness time.Duration, log io.Writer) (*cluster, error) {
	c := &cluster{}
	if err := c.start(dir, addr, secret, staleness, log); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) start(dir, addr, secret string, staleness time.Duration, log io.Writer) (err error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return errors.New("redis-server is not installed (Debian: apt install redis-server)")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if c.redis, err = startRedis(dir, log); err != nil {
		return err
	}
	for _, framework := range []string{"gin", "echo", "fiber"} {
		addr, err := freeAddr()
		if err != nil {
			return err
		}
		cmd := exec.Command(self, "node", "-framework", framework, "-addr", addr, "-redis", c.redis.addr, "-staleness", staleness.String())
		cmd.Env = append(os.Environ(), "CLUSTER_SECRET="+secret) // not an argument: those everybody sees
		p, err := run(framework, addr, cmd, log)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, p)
	}
	if nginx, err := exec.LookPath("nginx"); err == nil {
		c.proxy, err = startNginx(nginx, dir, addr, c.nodes, log)
		return err
	}
	c.builtin, err = startProxy(addr, c.nodes)
	return err
}

// startRedis starts a Redis that loses nothing it has acknowledged: it writes
// every change to its file, and waits for the disk, before it answers.
func startRedis(dir string, log io.Writer) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	host, port, _ := strings.Cut(addr, ":")
	args := append([]string{"--bind", host, "--port", port, "--dir", dir, "--loglevel", "warning"}, lasting...)
	return run("redis", addr, exec.Command("redis-server", args...), log)
}

// lasting has Redis keep what it has acknowledged, and say no before the machine is
// full, as deploy/compose.yaml does.
var lasting = []string{"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--maxmemory", "256mb"}

//go:embed nginx.conf
var nginxConf string

// startNginx starts nginx in a directory of its own, as whoever runs this.
func startNginx(nginx, dir, addr string, nodes []*process, log io.Writer) (*process, error) {
	conf := filepath.Join(dir, "nginx.conf")
	file, err := os.OpenFile(conf, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	var addrs []string
	for _, n := range nodes {
		addrs = append(addrs, n.addr)
	}
	err = template.Must(template.New("").Parse(nginxConf)).Execute(file, map[string]any{"Addr": addr, "Nodes": addrs})
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	return run("nginx", addr, exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", conf), log)
}

// startProxy starts a proxy that gives each request to the next node.
func startProxy(addr string, nodes []*process) (*http.Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	var next atomic.Uint64
	proxy := httpServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: nodes[next.Add(1)%uint64(len(nodes))].addr})
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}})
	go func() { _ = proxy.Serve(listener) }()
	return proxy, nil
}

// String says what runs before what.
func (c *cluster) String() string {
	proxy := "nginx"
	if c.proxy == nil {
		proxy = "a proxy of its own (nginx is not installed)"
	}
	var names []string
	for _, n := range c.nodes {
		names = append(names, n.name)
	}
	return fmt.Sprintf("%s before %s, which share Redis on %s", proxy, strings.Join(names, ", "), c.redis.addr)
}

// stop ends all of it, the nodes before what they need.
func (c *cluster) stop() {
	if c.builtin != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		_ = c.builtin.Shutdown(ctx)
		cancel()
	}
	c.proxy.stop()
	for _, n := range c.nodes {
		n.stop()
	}
	c.redis.stop()
}
