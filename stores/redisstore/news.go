package redisstore

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
)

// news listens to what Redis tells on a channel: names whose answers have changed. It
// has one goroutine, from start until rest or close.
type news struct {
	client   Client
	channel  string
	observer core.Observer
	stands   func()                // Redis has confirmed that it listens, for the first time or again
	heard    func(name string)     // in the one goroutine
	lost     func(err error) error // what it means that the connection is lost
	beat     time.Duration

	mu     sync.Mutex
	closed bool
	stop   context.CancelFunc
	done   chan struct{}
}

const (
	// heartbeat is how long the connection may be silent before it is asked for a
	// sign of life, and then how long it has for one.
	heartbeat = 5 * time.Second
	// again is how long to wait before trying to connect anew; a lasting outage is
	// tried less often.
	again, againMost = 50 * time.Millisecond, 2 * time.Second
	// closeMost is how long close waits.
	closeMost = time.Second
)

var errSilent = errors.New("there is no sign of life")

// start begins to listen, unless it does.
func (n *news) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	before, done := n.done, make(chan struct{})
	n.stop, n.done = stop, done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		n.run(ctx)
	}()
}

// rest ends the goroutine until the next start. It does not wait for it: it may be
// the one that calls.
func (n *news) rest() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		n.stop()
		n.stop = nil
	}
}

// close ends the goroutine and waits for it, but not for a Redis that hangs: then
// it ends with the client's ReadTimeout.
func (n *news) close() {
	n.mu.Lock()
	n.closed = true
	stop, done := n.stop, n.done
	n.mu.Unlock()
	if stop != nil {
		stop()
	}
	if done != nil {
		select {
		case <-done:
		case <-time.After(closeMost):
		}
	}
}

func (n *news) run(ctx context.Context) {
	told := false // of the loss
	wait := again
	for {
		err := n.listen(ctx, func() {
			n.stands()
			wait = again
			if told {
				told = false
				n.observe(ctx, nil)
			}
		})
		if ctx.Err() != nil {
			return
		}
		if !told {
			told = true
			n.observe(ctx, n.lost(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, againMost)
	}
}

func (n *news) observe(ctx context.Context, cause error) {
	if n.observer != nil {
		n.observer.Observe(ctx, core.Event{Action: core.ActionStore, Resource: "redis " + n.channel, Cause: cause})
	}
}

// listen subscribes and passes on what it is told, until the connection is lost or
// ctx ends. It calls stands when Redis has confirmed the subscription.
func (n *news) listen(ctx context.Context, stands func()) error {
	sub := n.client.Subscribe(ctx, n.channel)
	defer sub.Close()
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })() // a read does not heed ctx
	asked := false
	for {
		msg, err := sub.ReceiveTimeout(ctx, n.beat)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout() && !asked:
			if err := sub.Ping(ctx); err != nil {
				return err
			}
			asked = true
			continue
		case errors.As(err, &timeout) && timeout.Timeout():
			return errSilent
		case err != nil:
			return err
		}
		asked = false
		switch msg := msg.(type) {
		case *redis.Subscription:
			stands()
		case *redis.Message:
			n.heard(msg.Payload)
		}
	}
}
