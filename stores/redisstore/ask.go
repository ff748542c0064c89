package redisstore

import "fmt"

// asking are questions to Redis with copies of the answers, as the Store and the
// deny lists have them.
type asking struct {
	cfg    Config
	copies *copies // nil: none
	news   *news
	heard  func(name string) // what else is to be done with news; nil: nothing
}

// newAsking is how questions are asked on a channel's topic.
func newAsking(client Client, cfg Config, channel, about string, heard func(name string)) *asking {
	a := &asking{cfg: cfg, heard: heard}
	late := "those who watch are not told of what other processes end"
	if cfg.Staleness > 0 || cfg.InsecureWhileDown > 0 {
		a.copies = newCopies(cfg.Staleness, cfg.InsecureWhileDown, cfg.MaxCopies)
		late = fmt.Sprintf("they take effect elsewhere within %v, not at once", cfg.Staleness)
	}
	a.news = &news{client: client, channel: channel, observer: cfg.Observer, stands: a.stands, heard: a.hear, beat: heartbeat, lost: func(err error) error {
		return fmt.Errorf("the connection that brings news of %s is lost; until it is back %s: %w", about, late, err)
	}}
	return a
}

// stands is called when news can come: what changed while nobody listened is not
// known.
func (a *asking) stands() {
	if a.copies != nil {
		a.copies.empty()
	}
}

// hear is called with news.
func (a *asking) hear(name string) {
	a.drop(name)
	if a.heard != nil {
		a.heard(name)
	}
}

// watch begins to listen if somebody watches. If nobody does, it goes on only for
// the copies.
func (a *asking) watch(watched bool) {
	switch {
	case watched:
		a.news.start()
	case a.copies == nil:
		a.news.rest()
	}
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

func (a *asking) close() { a.news.close() }
