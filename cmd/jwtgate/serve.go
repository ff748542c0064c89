package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jwtgate/jwtgate/internal/localissuer"
)

var serve = command{
	name:  "serve",
	short: "be an OpenID provider for development: whoever signs in is believed",
	long: `It has discovery, a key set, a token endpoint (authorization_code with PKCE,
refresh_token, password, client_credentials), a sign-in page, userinfo and
end_session. It prints what to try, and runs until it is interrupted. Anybody who
reaches it gets any token, so it listens on this machine alone, and answers for its
names alone.`,
	flags: func(fs *flag.FlagSet) runner {
		var s serving
		fs.StringVar(&s.addr, "addr", "127.0.0.1:9000", "`address` to listen at; port 0 is a free one")
		fs.BoolVar(&s.anyAddr, "insecure-any-address", false, "listen where others reach it, too: each of them can be anybody")
		fs.StringVar(&s.url, "url", "", "`URL` by which it is reached, if that is not http and the address")
		fs.StringVar(&s.paths, "issuers", "", "`paths`, comma between them: an issuer for each, as shop,billing")
		fs.StringVar(&s.alg, "alg", "ES256", "`algorithm` of its keys: "+strings.Join(localissuer.Algorithms(), ", "))
		fs.StringVar(&s.aud, "aud", "api", "`names`, comma between them: aud of access tokens that ask for none")
		fs.DurationVar(&s.lifetime, "lifetime", 5*time.Minute, "`time` that tokens live")
		fs.StringVar(&s.users, "users", "", "`file` with JSON: the further claims of users, as {\"joe\": {\"roles\": [\"clerk\"]}}")
		fs.StringVar(&s.clients, "clients", "", "`file` with JSON: the secrets of clients, as {\"shop\": \"s3cret\"}; without it any client may ask")
		fs.StringVar(&s.redirects, "redirect", "", "`URLs`, comma between them: where sign-ins may lead besides this machine")
		fs.StringVar(&s.dir, "keys", "", "`directory` that keeps the keys over a restart")
		fs.DurationVar(&s.rotate, "rotate", 0, "`time` between two changes of the key; 0: none")
		return s.run
	},
}

// serving is what the flags say.
type serving struct {
	addr, url, paths, alg, aud, users, clients, redirects, dir string
	anyAddr                                                    bool
	lifetime, rotate                                           time.Duration
}

func (s *serving) run(ctx context.Context, e *env, _ []string) (int, error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	host, _, err := net.SplitHostPort(s.addr)
	switch {
	case err != nil:
		return misused, usagef("-addr %s: want host:port, as 127.0.0.1:9000", s.addr)
	case !s.anyAddr && !localissuer.OnLoopback(host):
		return misused, usagef("-addr %s: others reach that, and each of them can be anybody; -insecure-any-address says that you want it", s.addr)
	case s.url == "" && !localissuer.OnLoopback(host):
		return misused, usagef("-addr %s: set -url to the name by which others reach it; it is the issuer", s.addr)
	case !slices.Contains(localissuer.Algorithms(), s.alg):
		return misused, usagef("-alg %s: want one of %s%s", s.alg, strings.Join(localissuer.Algorithms(), ", "), meant(s.alg, localissuer.Algorithms()))
	case s.lifetime < time.Second:
		return misused, usagef("-lifetime %v: want a second at least", s.lifetime)
	case s.rotate != 0 && s.rotate < s.lifetime:
		return misused, usagef("-rotate %v: a key would be gone before the tokens that it signed, which live for %v", s.rotate, s.lifetime)
	}
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		return unknown, fmt.Errorf("%w; -addr %s takes a free port", err, net.JoinHostPort(host, "0"))
	}
	defer ln.Close()
	issuers, err := s.issuers(e, ln.Addr())
	if err != nil {
		return unknown, err
	}
	server := &http.Server{Handler: s.forItsNames(issuers), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	if err := e.print(map[string]any{"issuers": s.tried(issuers)}, func(w io.Writer) { s.tell(w, issuers) }); err != nil {
		_ = server.Close()
		return unknown, err
	}
	status, err := s.until(ctx, done, issuers)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 300*time.Millisecond)
	defer cancel()
	if server.Shutdown(ending) != nil {
		_ = server.Close()
	}
	return status, err
}

// until rotates the keys until the context ends.
func (s *serving) until(ctx context.Context, failed <-chan error, issuers localissuer.Several) (int, error) {
	var turn <-chan time.Time
	if s.rotate > 0 {
		t := time.NewTicker(s.rotate)
		defer t.Stop()
		turn = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return yes, nil
		case err := <-failed:
			return unknown, err
		case <-turn:
			for _, i := range issuers {
				if err := i.Rotate(); err != nil {
					return unknown, err
				}
			}
		}
	}
}

// issuers makes one for each path, or one without.
func (s *serving) issuers(e *env, addr net.Addr) (all localissuer.Several, err error) {
	base := "http://" + addr.String()
	if s.url != "" {
		u, err := url.Parse(s.url)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, usagef("-url: want one as http://id.localhost:9000, without a user, a query and a fragment")
		}
		base = strings.TrimSuffix(s.url, "/")
	}
	cfg := localissuer.Config{Algorithm: s.alg, Audience: list(s.aud), Lifetime: s.lifetime, Redirects: list(s.redirects), Rotates: s.rotate > 0, Now: e.now}
	if err := errors.Join(readJSON(s.users, &cfg.Users), readJSON(s.clients, &cfg.Clients)); err != nil {
		return nil, err
	}
	paths := list(s.paths)
	if paths == nil {
		paths = []string{""}
	}
	for n, p := range paths {
		if slices.Contains(paths[:n], p) {
			return nil, usagef("-issuers %s: it is there twice", p)
		}
		if p != "" && (path.Clean("/"+p) != "/"+p || url.PathEscape(p) != p) {
			return nil, usagef("-issuers %s: want plain words, comma between them", p)
		}
		c := cfg
		c.URL = strings.TrimSuffix(base+"/"+p, "/")
		if s.dir != "" {
			c.Dir = filepath.Join(s.dir, p)
			if err := os.MkdirAll(c.Dir, 0o700); err != nil {
				return nil, err
			}
		}
		i, err := localissuer.New(c)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, nil
}

// forItsNames refuses requests under another name than its own: a page anywhere could
// have its name resolve to this machine, and read what is meant for nobody but it.
func (s *serving) forItsNames(next http.Handler) http.Handler {
	own, _ := url.Parse(s.url)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := (&url.URL{Host: r.Host}).Hostname()
		if !s.anyAddr && !localissuer.OnLoopback(host) && host != own.Hostname() {
			http.Error(w, "this is not my name; -url says it", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// attempt is what there is to try at an issuer.
type attempt struct {
	Issuer   string `json:"issuer"`
	Settings string `json:"settings"` // of a server that trusts it
	Program  string `json:"token_for_a_program"`
	User     string `json:"token_for_a_user"`
	SignIn   string `json:"sign_in"`
	Exchange string `json:"exchange"`
}

// The proof of RFC 7636 appendix B.
const (
	tryVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	tryChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	tryCallback  = "http://localhost:3000/callback"
)

func (s *serving) tried(issuers localissuer.Several) (all []attempt) {
	for _, i := range issuers {
		all = append(all, attempt{
			Issuer:   i.URL,
			Settings: "JWT_OIDC_ISSUER=" + i.URL + " JWT_AUDIENCE=" + s.aud,
			Program:  "curl -s -d grant_type=client_credentials -d client_id=job -d scope=orders:read " + i.URL + "/token",
			User:     "curl -s -d grant_type=password -d client_id=app -d username=joe -d password=any " + i.URL + "/token",
			SignIn: i.URL + "/authorize?response_type=code&client_id=app&scope=openid&redirect_uri=" + url.QueryEscape(tryCallback) +
				"&code_challenge_method=S256&code_challenge=" + tryChallenge,
			Exchange: "curl -s -d grant_type=authorization_code -d client_id=app -d redirect_uri=" + tryCallback +
				" -d code_verifier=" + tryVerifier + " -d code=CODE " + i.URL + "/token",
		})
	}
	return all
}

func (s *serving) tell(w io.Writer, issuers localissuer.Several) {
	for _, a := range s.tried(issuers) {
		fmt.Fprintf(w, "%s believes whoever asks: for development alone. Try\n\n", a.Issuer)
		fmt.Fprintf(w, "a server that trusts it:\n  %s\na token for a program:\n  %s\na token for a user:\n  %s\n", a.Settings, a.Program, a.User)
		fmt.Fprintf(w, "the sign-in page, and what its code is good for:\n  %s\n  %s\n\n", a.SignIn, a.Exchange)
	}
}

func list(text string) (all []string) {
	for _, one := range strings.Split(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

func readJSON(file string, into any) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err == nil && json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), into) != nil { // whose error might show a secret
		err = fmt.Errorf("%s is not the JSON that is wanted; jwtgate help serve shows it", file)
	}
	return err
}
