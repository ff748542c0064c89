package core

// of notes at a key that can sign what is wrong with the file it came from. The
// key must not be known to others yet.
func (t keyText) of(k *Key, err error) (*Key, error) {
	if err == nil && t.open != nil && k.CanSign() {
		k.m.open = t.open
		k.m.facts = factsOfKeys(k.m.self)
	}
	return k, err
}

// openEvent tells of a key whose file others may read.
func openEvent(k *Key) KeyEvent {
	return KeyEvent{Source: "key file", KeyID: k.ID(), Algorithm: k.raw().Algorithm(), Skipped: k.m.open}
}
