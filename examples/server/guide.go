package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// guide prints the routes, and lines for a shell that try them.
func (s *service) guide(w io.Writer, framework string, addr net.Addr) {
	base := baseURL(addr)
	key := "from the environment"
	if s.ownKey {
		key = "made for this run: other tokens, and those of the next run, are refused"
	}
	fmt.Fprintf(w, "%s on %s, Ctrl-C stops it\n%v, %s\n\n", framework, base, s.config.Keys, key)

	route := func(methods, path, what string) { fmt.Fprintf(w, "  %-15s %-12s %s\n", methods, path, what) }
	protected := "the claims of a valid token"
	if s.flask {
		protected = "success, with a valid token"
	}
	route("GET HEAD POST", "/protected", protected)
	route("GET HEAD", "/open", "who is there, also if nobody is")
	route("GET HEAD", "/healthz", "whether the server runs")
	for _, r := range s.auth.KeyRoutes() {
		route("GET HEAD", r.Path, "the keys that verify this server's tokens")
	}
	login := ""
	for _, r := range s.auth.Routes() {
		login = r.Path
		route("POST", login, fmt.Sprintf("log in as %s with %s, or as %s with %s",
			demo[0].name, demo[0].password, demo[1].name, demo[1].password))
	}

	fmt.Fprintf(w, "\nPaste these: a token, a call with it, a call without it, and who is there\n\n")
	if login == "" {
		fmt.Fprintln(w, "  TOKEN=… # this server has no login; put a token of the issuer here")
	} else {
		fmt.Fprintf(w, "  TOKEN=$(curl -s %s%s -H 'Content-Type: application/json' -d %s | %s)\n",
			base, login, quoted(s.credentials()), `sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'`)
	}
	with := s.presented()
	fmt.Fprintf(w, "  curl -i %s\n", with(base+"/protected"))
	fmt.Fprintf(w, "  curl -i %s/protected\n", base)
	fmt.Fprintf(w, "  curl -i %s\n\n", with(base+"/open"))
}

// baseURL is where a client on this machine finds the server.
func baseURL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return "http://" + addr.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// credentials is a login's body.
func (s *service) credentials() string {
	text := func(v string) string {
		b, _ := json.Marshal(v) // strings always marshal
		return string(b)
	}
	l := s.config.Login
	return "{" + text(l.UsernameField) + ":" + text(demo[0].name) + "," + text(l.PasswordField) + ":" + text(demo[0].password) + "}"
}

// presented makes of a URL the arguments for curl that send the token to the
// first place where the server looks for it.
func (s *service) presented() func(url string) string {
	sources := append(slices.Clip(s.config.Sources), core.HeaderSource{}) // the default, if there are none
	switch v := sources[0].(type) {
	case core.CookieSource:
		return func(u string) string { return u + " -b " + withToken(cmp.Or(v.Name, "__Host-access_token")+"=") }
	case core.QuerySource:
		return func(u string) string {
			return withToken(u + "?" + url.QueryEscape(cmp.Or(v.Name, "access_token")) + "=")
		}
	}
	return func(u string) string { return u + " -H " + withToken("Authorization: "+s.config.Scheme+" ") }
}

// quoted is one word for a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// withToken is one word for a shell, with the token at its end.
func withToken(text string) string {
	if strings.ContainsAny(text, "\"$`\\!") {
		return quoted(text) + `"$TOKEN"`
	}
	return `"` + text + `$TOKEN"`
}
