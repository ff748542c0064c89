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
)

// redis asks a Redis what it does when its memory is full, and how old it is.
func (d *diagnosis) redis(ctx context.Context, rawURL string) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	u, host, ok := redisURL(rawURL)
	if !ok {
		d.add("redis", "fail", "REDIS_URL, or -redis, is no URL of a Redis", "write redis://user:password@host:6379, or rediss:// for TLS, with # / ? @ in a password as %23 %2F %3F %40")
		return
	}
	c, err := dialRedis(ctx, u.Scheme == "rediss", host)
	if err != nil {
		d.add("redis", "unknown", err.Error(), "is it up, and its name right? does it speak TLS (rediss://), or not (redis://)?")
		return
	}
	defer c.Close()
	if err := c.login(u.User); err != nil {
		d.add("redis", "unknown", "the login is refused: "+err.Error(), "correct the user and the password in REDIS_URL")
		return
	}
	info, err := c.ask("INFO", "server")
	if err != nil {
		d.add("redis", "unknown", err.Error(), "give the user and the password of the store in REDIS_URL, and let it run INFO; is it a Redis?")
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

// redisURL reads a URL, and says where to connect.
func redisURL(raw string) (u *url.URL, host string, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "redis" && u.Scheme != "rediss" ||
		strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") { // of a password that is not escaped
		return nil, "", false
	}
	if u.Port() == "" {
		return u, net.JoinHostPort(u.Hostname(), "6379"), true
	}
	return u, u.Host, true
}

func dialRedis(ctx context.Context, encrypted bool, host string) (c *redisConn, err error) {
	var conn net.Conn
	if encrypted {
		conn, err = (&tls.Dialer{}).DialContext(ctx, "tcp", host)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", host)
	}
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline() // it is bounded
	_ = conn.SetDeadline(deadline)
	return &redisConn{conn, bufio.NewReader(io.LimitReader(conn, 4<<20))}, nil
}

// login shows nothing of the answer but its first word, as WRONGPASS: a server that
// knows no AUTH repeats what it was sent.
func (c *redisConn) login(who *url.Userinfo) error {
	password, _ := who.Password()
	if password == "" {
		return nil
	}
	words := []string{"AUTH", who.Username(), password}
	if who.Username() == "" {
		words = []string{"AUTH", password}
	}
	_, err := c.ask(words...)
	if refused := redisError(""); errors.As(err, &refused) {
		word, _, _ := strings.Cut(string(refused), " ")
		return redisError(word)
	}
	return err
}

// redisError is an answer that says no.
type redisError string

func (e redisError) Error() string { return string(e) }

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
		return "", redisError(line[1:])
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
