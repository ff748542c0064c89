package redisstore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// link is how a Store or a deny list asks Redis: by scripts alone, since a client
// that is set up to read from replicas sends those to the master nonetheless.
type link struct {
	client   Client
	cfg      Config
	eviction *eviction
	closed   atomic.Bool
}

var errClosed = errors.New("redisstore: it is closed")

func (l *link) open(client Client, cfg Config, list bool) (err error) {
	if cfg, err = cfg.ready(client, list); err != nil {
		return err
	}
	l.client, l.cfg, l.eviction = client, cfg, newEviction(client, cfg)
	return nil
}

// Insecure says which options are on that take something away, for Auth.Posture of core.
func (l *link) Insecure() map[string]string {
	on := map[string]string{}
	if l.cfg.InsecureEviction {
		on["redisstore.Config.InsecureEviction"] = "a Redis whose memory is full may drop a denied token or an ended session, which is good again then"
	}
	if l.cfg.InsecureWhileDown > 0 {
		on["redisstore.Config.InsecureWhileDown"] = "while Redis is down, an ended session counts as alive for " + l.cfg.InsecureWhileDown.String()
	}
	return on
}

// begin is what every call that asks Redis begins with. All that the call asks
// shares one deadline. cancel is never nil.
func (l *link) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if l.closed.Load() {
		return ctx, func() {}, errClosed
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout())
	return ctx, cancel, l.eviction.check(ctx)
}

// timeout is how long a call may take. Who goes on while Redis is down may ask
// twice in one request, first whether a session is over, and then what it came for.
func (l *link) timeout() time.Duration {
	if l.cfg.InsecureWhileDown > 0 {
		return max(l.cfg.Timeout/2, 1)
	}
	return l.cfg.Timeout
}

// run runs a script on the keys of one slot.
func (l *link) run(ctx context.Context, script *redis.Script, keys []string, args ...any) ([]string, error) {
	return script.Run(ctx, l.client, keys, args...).StringSlice()
}

// pipelineMost is how many scripts are sent at once.
const pipelineMost = 500

// runEach runs a script for each of several sets of keys, with a few round trips
// for all. It returns what it has up to the first error.
func (l *link) runEach(ctx context.Context, script *redis.Script, n int, keys func(i int) []string, args func(i int) []any) ([][]string, error) {
	results := make([][]string, 0, n)
	for len(results) < n {
		from := len(results)
		cmds, err := l.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := from; i < min(from+pipelineMost, n); i++ {
				p.EvalSha(ctx, script.Hash(), keys(i), args(i)...)
			}
			return nil
		}) // and each command has its own error
		if err != nil && len(cmds) == 0 {
			return results, err
		}
		for i, cmd := range cmds {
			result, err := cmd.(*redis.Cmd).StringSlice()
			if redis.HasErrorPrefix(err, "NOSCRIPT") {
				result, err = l.run(ctx, script, keys(from+i), args(from+i)...)
			}
			if err != nil {
				return results, err
			}
			results = append(results, result)
		}
	}
	return results, nil
}
