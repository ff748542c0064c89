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

// news keeps copies in step with Redis: it listens for names to drop. It has one
// goroutine, from the first question on until close.
type news struct {
	client   Client
	channel  string
	observer core.Observer
	copies   *copies
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

// start begins to listen, once.
func (n *news) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.done != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	n.stop, n.done = stop, make(chan struct{})
	go n.run(ctx)
}

// close ends the goroutine and waits for it, but not for a Redis that hangs: then
// it ends with the client's ReadTimeout.
func (n *news) close() {
	n.mu.Lock()
	n.closed = true
	stop, done := n.stop, n.done
	n.mu.Unlock()
	if done != nil {
		stop()
		select {
		case <-done:
		case <-time.After(closeMost):
		}
	}
}

func (n *news) run(ctx context.Context) {
	defer close(n.done)
	told := false // of the loss
	wait := again
	for {
		err := n.listen(ctx, func() {
			// What was ended while nobody listened is not known.
			n.copies.empty()
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

// listen subscribes and drops what it is told, until the connection is lost or
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
			n.copies.drop(msg.Payload)
		}
	}
}
