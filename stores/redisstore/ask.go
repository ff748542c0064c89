package redisstore

import "fmt"

// asking are questions to Redis with copies of the answers, as the Store and the
// deny lists have them.
type asking struct {
	cfg    Config
	copies *copies // nil: none
	news   *news
}

// newAsking is how questions are asked on a channel's topic.
func newAsking(client Client, cfg Config, channel, about string) *asking {
	a := &asking{cfg: cfg}
	if cfg.Staleness > 0 || cfg.InsecureWhileDown > 0 {
		a.copies = newCopies(cfg.Staleness, cfg.InsecureWhileDown, cfg.MaxCopies)
		a.news = &news{client: client, channel: channel, observer: cfg.Observer, copies: a.copies, beat: heartbeat, lost: func(err error) error {
			return fmt.Errorf("the connection that brings news of %s is lost; until it is back they take effect elsewhere within %v, not at once: %w", about, cfg.Staleness, err)
		}}
	}
	return a
}

// ask answers a question about a name from the copies or, if need be, with what
// Redis says. ok false is an answer that is not worth keeping; good says whether a
// copy still is.
func (a *asking) ask(name string, good func(value) bool, query func() (v value, ok bool, err error)) (v value, ok bool, err error) {
	if a.copies == nil {
		return query()
	}
	asked := a.cfg.Now()
	kept, fresh, fallback := a.copies.get(name, asked)
	if fresh && good(kept) {
		return kept, true, nil
	}
	a.news.start()
	seen := a.copies.news(name)
	switch v, ok, err = query(); {
	case err != nil && fallback && good(kept):
		return kept, true, nil
	case err != nil:
	case ok:
		a.copies.keep(name, v, asked, seen)
	default:
		a.copies.drop(name)
	}
	return v, ok, err
}

// drop forgets names whose answers have changed.
func (a *asking) drop(names ...string) {
	if a.copies != nil {
		a.copies.drop(names...)
	}
}

func (a *asking) close() {
	if a.news != nil {
		a.news.close()
	}
}
