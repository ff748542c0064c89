package storetest_test

import (
	"path/filepath"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/storetest"
)

func TestMemoryStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) core.SessionStore { return open(t, core.MemoryConfig{}) })
}

// TestJournal does not wait for the disk: what that is for, no test here can see.
func TestJournal(t *testing.T) {
	storetest.Run(t, func(t *testing.T) core.SessionStore {
		return open(t, core.MemoryConfig{Journal: filepath.Join(t.TempDir(), "sessions"), InsecureNoSync: true})
	})
}

func open(t *testing.T, cfg core.MemoryConfig) *core.MemoryStore {
	store, err := core.NewMemoryStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}
