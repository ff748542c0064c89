package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

func TestPage(t *testing.T) {
	for _, framework := range names {
		u := newUser(t, start(t, framework, false))
		for _, tt := range []struct {
			name, method, path string
			status             int
			media, want        string // the want is somewhere in the body
		}{
			{"the page", "GET", "/", 200, "text/html; charset=utf-8", `<form id="login-form"`},
			{"the page: the demo's users", "GET", "/", 200, "text/html; charset=utf-8", "<b>joe</b> with <b>pass</b>, or <b>ann</b> with <b>word</b>"},
			{"its script", "GET", "/app.js", 200, "text/javascript; charset=utf-8", `from "./session.js"`},
			{"the session's", "GET", "/session.js", 200, "text/javascript; charset=utf-8", "export function renew"},
			{"its style", "GET", "/style.css", 200, "text/css; charset=utf-8", "prefers-color-scheme: dark"},
			{"its icon", "GET", "/icon.svg", 200, "image/svg+xml", "<svg"},
			{"HEAD", "HEAD", "/", 200, "text/html; charset=utf-8", ""},
			{"another method", "POST", "/", 405, "application/json", "method_not_allowed"},
			{"another path", "GET", "/index.htm", 404, "text/plain; charset=utf-8", "nothing at this path"},
			{"a path with a slash more", "GET", "/api/me/", 404, "text/plain; charset=utf-8", "nothing"},
			{"a path above", "GET", "/../main.go", 404, "text/plain; charset=utf-8", "nothing"},
		} {
			a := u.call(tt.method, tt.path, "", "none")
			if a.status != tt.status || a.header.Get("Content-Type") != tt.media || !strings.Contains(a.body, tt.want) {
				t.Errorf("%s: %s: got %d %s %.200s, want %d %s with %q", framework, tt.name, a.status, a.header.Get("Content-Type"), a.body, tt.status, tt.media, tt.want)
			}
			if a.status == 200 && a.header.Get("Content-Security-Policy") != policy {
				t.Errorf("%s: %s: got the policy %q", framework, tt.name, a.header.Get("Content-Security-Policy"))
			}
			if a.status == 200 && (a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cross-Origin-Resource-Policy") != "same-origin") {
				t.Errorf("%s: %s: got %v", framework, tt.name, a.header)
			}
		}
	}
}

// The policy has no room for a script, a style or a handler inside the page.
func TestNothingInline(t *testing.T) {
	page, err := static.ReadFile("static/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?i)<style|<script[^>]*>[^<]|\s(style|on[a-z]+)=|(src|href)="[^/]`).Find(page); found != nil {
		t.Errorf("the page has %q, which its policy forbids", found)
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("got the policy %s", policy)
	}
}

func TestLabel(t *testing.T) {
	const mozilla = "Mozilla/5.0 "
	for _, tt := range []struct{ agent, want string }{
		{mozilla + "(X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"},
		{mozilla + "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows"},
		{mozilla + "(Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"},
		{mozilla + "(iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"},
		{mozilla + "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari on macOS"},
		{"curl/8.14.1", "curl"},
		{"", "Another program"},
	} {
		r, err := http.NewRequest("POST", "http://localhost/auth", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", tt.agent)
		if got := label(core.FromHTTP(r)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.agent, got, tt.want)
		}
	}
}
