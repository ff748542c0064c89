package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// A login that lasts: the refresh token is exchanged for new tokens, and once
// only. Used twice, it ends the session.
func ExampleSessionConfig() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	clock := time.Now()
	auth, err := core.New(core.Config[string]{
		Keys:         key,
		Now:          func() time.Time { return clock },
		Sessions:     core.SessionConfig{Store: store, Realm: "shop"},
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) { return c.Username, nil },
		Renew:        func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil }, // look the user up
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, route := range auth.Routes() { // nethttpjwt.Mount does this
		fmt.Println(route.Path)
		mux.HandleFunc(route.Path, func(w http.ResponseWriter, r *http.Request) {
			res := route.Serve(core.FromHTTP(r))
			res.SetHeaders(w.Header())
			w.WriteHeader(res.Status)
			_, _ = w.Write(res.Body)
		})
	}
	post := func(path, body string) (refresh string) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		var answer struct {
			Refresh string `json:"refresh_token"`
			Error   string `json:"error"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			log.Fatal(err)
		}
		fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", answer.Error)))
		return answer.Refresh
	}
	first := post("/auth", `{"username":"joe","password":"pass"}`)
	second := post("/auth/refresh", `{"refresh_token":"`+first+`"}`)
	clock = clock.Add(time.Minute)
	post("/auth/refresh", `{"refresh_token":"`+first+`"}`)
	post("/auth/refresh", `{"refresh_token":"`+second+`"}`)
	// Output:
	// /auth
	// /auth/refresh
	// /auth/logout
	// /auth/logout-all
	// /auth/sessions
	// 200
	// 200
	// 401 invalid_grant
	// 401 invalid_grant
}
