package coretest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// JournalHouse is a house whose sessions are in a journal, and a function that
// restarts it, with the file changed in between.
func JournalHouse(t *testing.T, cfg sessions.MemoryConfig) (h *House, seen *Watcher, restart func(change func(text []byte) []byte) error) {
	t.Helper()
	cfg.Journal = filepath.Join(t.TempDir(), "sessions.journal")
	seen = &Watcher{}
	cfg.Observer = core.StoreObserver(seen)
	h = NewHouse(t, func(c *core.Config[*User]) { c.Sessions.Store = Memory(t, cfg) })
	h.Journal = cfg.Journal
	restart = func(change func([]byte) []byte) error {
		t.Helper()
		if err := h.Store.(*sessions.MemoryStore).Close(); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			text, err := os.ReadFile(cfg.Journal)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(cfg.Journal, change(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		store, err := sessions.NewMemoryStore(cfg)
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = store.Close() })
		h.Store = store
		c := h.Config()
		h.Auth = MustNew(t, c)
		return nil
	}
	return h, seen, restart
}

func ReadJournal(t *testing.T, h *House) []byte {
	t.Helper()
	text, err := os.ReadFile(h.Journal)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
