package keys

// opened notes at a key that can sign what is wrong with the file it came from. The
// key must not be known to others yet.
func opened(open error) func(*Key, error) (*Key, error) {
	return func(k *Key, err error) (*Key, error) {
		if err == nil && open != nil && k.CanSign() {
			k.m.open = open
			k.m.facts = factsOfKeys(k.m.self)
		}
		return k, err
	}
}

// openEvent tells of a key whose file others may read.
func openEvent(k *Key) Event {
	return Event{Source: "key file", KeyID: k.ID(), Algorithm: k.raw().Algorithm(), Skipped: k.m.open}
}
