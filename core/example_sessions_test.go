package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// A login that lasts: the refresh token is exchanged for new tokens, and once
// only. Used twice, it ends the session.
func ExampleSessionConfig() {
	key, err := core.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := core.NewMemoryStore(core.MemoryConfig{})
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
		Renew:        func(_ context.Context, s core.Session) (string, error) { return s.Subject, nil }, // look the user up
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

// Behind a proxy the peer is the proxy. What it reports is believed only if it is
// ours, and then up to the last address that is not.
func ExampleLoginLimits_client() {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	trusted := func(addr netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
	}
	client := func(r core.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr())
		if err != nil {
			return r.RemoteAddr()
		}
		addr := peer.Addr()
		hops := strings.Split(strings.Join(r.Header("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && trusted(addr); i-- {
			next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			addr = next
		}
		return addr.String()
	}
	if _, err := core.NewLoginLimiter(core.LoginLimits{Client: client}); err != nil {
		log.Fatal(err)
	}
	for _, from := range [][2]string{
		{"10.0.0.1:4711", "203.0.113.7"},
		{"10.0.0.1:4711", "198.51.100.1, 203.0.113.7, 10.0.0.2"}, // the first was the client's own invention
		{"192.0.2.9:4711", "203.0.113.7"},                        // not our proxy
		{"10.0.0.1:4711", "nonsense"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/auth", nil)
		r.RemoteAddr = from[0]
		r.Header.Set("X-Forwarded-For", from[1])
		fmt.Println(client(core.FromHTTP(r)))
	}
	// Output:
	// 203.0.113.7
	// 203.0.113.7
	// 192.0.2.9
	// 10.0.0.1
}
