package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// redis asks a Redis what it does when its memory is full, and how old it is.
func (d *diagnosis) redis(ctx context.Context, rawURL string) {
	c, err := dialRedis(ctx, rawURL)
	if err != nil {
		d.add("redis", "unknown", err.Error(), "")
		return
	}
	defer c.Close()
	info, err := c.ask("INFO", "server")
	if err != nil {
		d.add("redis", "unknown", err.Error(), "let the user of the store run INFO")
		return
	}
	version := field(info, "redis_version")
	if major, _ := strconv.Atoi(strings.SplitN(version, ".", 2)[0]); major < 5 {
		d.add("redis", "fail", "version "+version, "take Redis 5 or newer")
	} else {
		d.add("redis", "ok", "version "+version, "")
	}
	memory, err := c.ask("INFO", "memory")
	policy := field(memory, "maxmemory_policy")
	switch {
	case err != nil || policy == "":
		d.add("redis", "unknown", "what it does when its memory is full it does not say", "see to it that maxmemory-policy is noeviction")
	case policy != "noeviction":
		d.add("redis", "fail", "when its memory is full it forgets: maxmemory-policy "+policy, "set maxmemory-policy noeviction: sessions and deny lists must not vanish")
	default:
		d.add("redis", "ok", "maxmemory-policy noeviction", "")
	}
	persistence, err := c.ask("INFO", "persistence")
	if on := field(persistence, "aof_enabled"); err == nil && on == "0" {
		d.add("redis", "warn", "appendonly no: a restart forgets sessions, and what was called back", "set appendonly yes")
	}
}

func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// redisConn speaks as much of RESP 2 as these questions need.
type redisConn struct {
	net.Conn
	r *bufio.Reader
}

// dialRedis connects, and logs in if the URL has a password. Its errors do not show it.
func dialRedis(ctx context.Context, rawURL string) (*redisConn, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		return nil, errors.New("-redis wants redis://host:6379, or rediss:// for TLS")
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "6379")
	}
	var conn net.Conn
	if u.Scheme == "rediss" {
		conn, err = (&tls.Dialer{}).DialContext(ctx, "tcp", host)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", host)
	}
	if err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(5 * time.Second)
	}
	_ = conn.SetDeadline(deadline)
	c := &redisConn{conn, bufio.NewReader(conn)}
	if password, ok := u.User.Password(); ok {
		login := []string{"AUTH", u.User.Username(), password}
		if u.User.Username() == "" {
			login = []string{"AUTH", password}
		}
		if _, err := c.ask(login...); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("the login is refused: %w", err)
		}
	}
	return c, nil
}

// ask sends a command and returns the text that answers it.
func (c *redisConn) ask(words ...string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := io.WriteString(c, b.String()); err != nil {
		return "", err
	}
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("it does not speak Redis's protocol")
	}
	switch line[0] {
	case '+':
		return line[1:], nil
	case '-':
		return "", errors.New(line[1:])
	case '$':
		n, err := strconv.Atoi(line[1:])
		if err != nil || n < 0 || n > 1<<20 {
			return "", errors.New("it answers with no text")
		}
		text := make([]byte, n+2)
		_, err = io.ReadFull(c.r, text)
		return string(text[:n]), err
	}
	return "", errors.New("it does not speak Redis's protocol")
}
