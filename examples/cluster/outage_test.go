package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	workers = 6
	grace   = 10 * time.Second // core's default
)

// outages are for how long Redis is down. The client of go-redis waits for most of
// a second by itself, so the short ones are hardly noticed.
var outages = []time.Duration{100 * time.Millisecond, 1500 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second}

// TestRedisKilled kills Redis again and again while clients use their sessions.
// What was acknowledged holds: nobody who was not logged out is, and nobody who
// was comes back. What cannot be answered is a 503.
func TestRedisKilled(t *testing.T) {
	c, url := newCluster(t)
	watch, live, over := useAndKill(t, c, url, outages)
	for _, kind := range slices.Sorted(maps.Keys(watch.counts)) {
		t.Logf("%6d %s", watch.counts[kind], kind)
	}
	t.Logf("%d sessions live, %d ended, %d wrong answers", live, over, watch.wrong)
	for _, report := range watch.reports {
		t.Error(report)
	}
	if live == 0 || over == 0 || watch.counts["refused with 503"] == 0 {
		t.Error("that was no test")
	}
}

// TestForgetfulRedis: a Redis without its file loses what it acknowledged, and
// the checker says so. The file is what the test above relies on.
func TestForgetfulRedis(t *testing.T) {
	c, url := newCluster(t)
	c.redis.kill()
	args := c.redis.cmd.Args
	args[slices.Index(args, "--appendonly")+1] = "no"
	check(t, c.redis.again())
	watch, _, _ := useAndKill(t, c, url, outages[:1])
	if watch.wrong == 0 {
		t.Error("got no wrong answer")
	} else {
		t.Log(watch.reports[0])
	}
}

// TestOldCopy: a Redis that was restored from an older copy brings back who had
// logged out, and the checker says so.
func TestOldCopy(t *testing.T) {
	c, url := newCluster(t)
	client := redis.NewClient(&redis.Options{Addr: c.redis.addr})
	defer client.Close()
	ctx := context.Background()
	w := newWorker(&checker{counts: map[string]int{}}, 0, url)
	w.login()
	s := w.sessions[0]
	copied := map[string]string{}
	for _, key := range client.Keys(ctx, "*").Val() {
		copied[key] = client.Dump(ctx, key).Val()
	}
	w.logout(s)
	w.callEnded(s)
	w.refreshEnded(s)
	if w.wrong != 0 {
		t.Fatal(w.reports)
	}
	time.Sleep(staleness) // the nodes' copies are of the real clock
	for key, text := range copied {
		check(t, client.RestoreReplace(ctx, key, 0, text).Err())
	}
	w.callEnded(s)
	w.refreshEnded(s)
	if w.wrong != 2 {
		t.Errorf("got %d wrong answers, want 2: %q", w.wrong, w.reports)
	}
}

// useAndKill lets clients use their sessions while Redis has these outages, and
// then looks at all sessions, which are so many live and so many over.
func useAndKill(t *testing.T, c *cluster, url string, outages []time.Duration) (watch *checker, live, over int) {
	watch = &checker{counts: map[string]int{}}
	done := make(chan struct{})
	var all []*worker
	var wg sync.WaitGroup
	for i := range workers {
		w := newWorker(watch, i, url)
		all = append(all, w)
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					w.step()
				}
			}
		})
	}
	for _, d := range outages {
		time.Sleep(time.Second) // of load, before the crash and after it
		watch.crash(t, c.redis, d)
		time.Sleep(settling)
	}
	time.Sleep(time.Second)
	close(done)
	wg.Wait()

	// Nothing changes any more, but for one last crash.
	for _, w := range all {
		for _, s := range slices.Clone(w.sessions) {
			if s.unsure {
				w.logout(s)
			}
		}
	}
	watch.crash(t, c.redis, outages[0])
	time.Sleep(max(staleness, settling))
	for _, w := range all {
		live, over = live+len(w.sessions), over+len(w.ended)
		for _, n := range c.nodes {
			w.url = "http://" + n.addr
			for _, s := range w.sessions {
				w.call(s)
			}
			for _, s := range w.ended {
				w.callEnded(s)
			}
		}
		for _, s := range w.ended {
			w.refreshEnded(s)
		}
		for _, s := range slices.Clone(w.sessions) {
			w.refresh(s)
			w.call(s)
		}
	}
	return watch, live, over
}

// crash kills Redis and starts it again a while later, on the same port and file.
func (c *checker) crash(t *testing.T, p *process, d time.Duration) {
	c.mu.Lock()
	c.down = true
	c.mu.Unlock()
	p.kill()
	time.Sleep(d) // the outage
	check(t, p.again())
	client := redis.NewClient(&redis.Options{Addr: p.addr})
	defer client.Close()
	for end := time.Now().Add(10 * time.Second); client.Ping(context.Background()).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) { // it is still reading its file
			t.Fatal("Redis does not come back")
		}
	}
	c.mu.Lock()
	c.down, c.back = false, time.Now()
	c.mu.Unlock()
}
