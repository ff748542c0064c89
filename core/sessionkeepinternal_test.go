package core

import (
	"context"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestSessionsKeepNoWhole: a session keeps what it says, and neither the body that
// its subject came in, with the password, nor the header its label came in.
func TestSessionsKeepNoWhole(t *testing.T) {
	const n, large = 32, 512 << 10
	m, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.NewSecret([]byte("5ec84d8dbc74254770f58904dba41ecc"))
	if err != nil {
		t.Fatal(err)
	}
	auth, err := New(Config[string]{
		Keys: key, Login: LoginConfig{MaxBytes: 1 << 20},
		Authenticate: func(_ context.Context, c Credentials) (string, error) { return c.Username, nil },
		Renew:        func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
		Sessions: SessionConfig{Store: m, Realm: "r", Label: func(r Request) string {
			label, _, _ := strings.Cut(r.Header("X-Device")[0], ";")
			return label
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	before := heapOfSessions()
	for i := range n {
		body := fmt.Sprintf(`{"username":"joe %d","password":"%s"}`, i, strings.Repeat("p", large))
		r := httptest.NewRequest("POST", "/auth", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Device", "a phone;"+strings.Repeat("x", large))
		if res := auth.Login(FromHTTP(r)); res.Status != 200 {
			t.Fatalf("got %d %s", res.Status, res.Body)
		}
		name := fmt.Sprint("ann ", i) + strings.Repeat("x", large)
		if err := auth.EndSessionsOf(t.Context(), name[:6]); err != nil { // leaves a mark
			t.Fatal(err)
		}
		realm := fmt.Sprint("realm ", i) + strings.Repeat("x", large)
		if err := m.EndSubject(t.Context(), realm[:8], name[:6], time.Now()); err != nil {
			t.Fatal(err)
		}
		whole := fmt.Sprint("id ", i) + strings.Repeat("x", large)
		s := sessions.Session{ID: whole[:5], Subject: whole[:4], Label: whole[:9], Created: tokenNow, LastUsed: tokenNow, Expires: tokenNow.Add(time.Hour)}
		if _, err := m.Create(t.Context(), sessions.Creation{Realm: whole[:2], Session: s, Token: sessions.TokenHash{1}, Most: 20, Now: tokenNow}); err != nil {
			t.Fatal(err)
		}
		r2 := sessions.Rotation{Realm: whole[:2], ID: whole[:5], Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Sealed: []byte(whole[:100]), Now: tokenNow, GraceEnds: tokenNow.Add(time.Second), Expires: tokenNow.Add(time.Hour)}
		if _, err := m.Rotate(t.Context(), r2); err != nil {
			t.Fatal(err)
		}
	}
	if m.Len() < n {
		t.Fatalf("got %d sessions", m.Len())
	}
	if grown := heapOfSessions() - before; grown > n*8<<10 {
		t.Errorf("%d sessions, marks and realms keep %d KiB", m.Len(), grown>>10)
	}
	runtime.KeepAlive(m)
}

func heapOfSessions() int {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
