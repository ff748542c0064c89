package storetest_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/core/storetest"
)

func TestMemoryStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) sessions.Store { return open(t, sessions.MemoryConfig{}) })
}

// TestJournal does not wait for the disk: what that is for, no test here can see.
func TestJournal(t *testing.T) {
	storetest.Run(t, func(t *testing.T) sessions.Store {
		return open(t, sessions.MemoryConfig{Journal: filepath.Join(t.TempDir(), "sessions"), InsecureNoSync: true})
	})
}

func open(t *testing.T, cfg sessions.MemoryConfig) *sessions.MemoryStore {
	store, err := sessions.NewMemoryStore(cfg)
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

func TestMemoryTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := &sessions.MemoryTickets{}
		storetest.RunTickets(t, tickets, tickets, time.Sleep)
	})
}

// TestMemoryTokens: the deny list of tokens, with a journal and without.
func TestMemoryTokens(t *testing.T) {
	for _, journal := range []string{"", filepath.Join(t.TempDir(), "denied")} {
		list, err := denylist.NewTokens(denylist.Config{Realm: "r", Journal: journal})
		if err != nil {
			t.Fatal(err)
		}
		storetest.RunTokens(t, list, list)
		if err := list.Close(); err != nil {
			t.Error(err)
		}
	}
}
