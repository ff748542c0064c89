package main

import (
	"embed"
	"net/http"
	"path"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

//go:embed static
var static embed.FS

// policy lets the page load what this server has, call it, and do nothing else:
// no inline script, no frame around it, no form that leaves without our script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// types are the media types of the files; those of the operating system differ.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// readFiles makes an answer of each file, by its path.
func readFiles() (map[string]core.Response, error) {
	entries, err := static.ReadDir("static")
	if err != nil {
		return nil, err
	}
	files := map[string]core.Response{}
	for _, e := range entries {
		body, err := static.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, err
		}
		files["/"+strings.TrimSuffix(e.Name(), "index.html")] = core.Response{Status: http.StatusOK, Body: body, Header: http.Header{
			"Content-Type":                 {types[path.Ext(e.Name())]},
			"Content-Security-Policy":      {policy},
			"Cross-Origin-Opener-Policy":   {"same-origin"},
			"Cross-Origin-Resource-Policy": {"same-origin"},
			"Referrer-Policy":              {"same-origin"},
			"X-Content-Type-Options":       {"nosniff"},
			"Cache-Control":                {"no-cache"},
		}}
	}
	return files, nil
}

// site answers what no other route does: with a file, if there is one.
func (s *service) site(r core.Request) core.Response {
	file, found := s.files[r.Path()]
	switch {
	case !found:
		return core.Response{
			Status: http.StatusNotFound,
			Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}},
			Body:   []byte("There is nothing at this path.\n"),
		}
	case r.Method() != http.MethodGet && r.Method() != http.MethodHead:
		return s.auth.Reject(r, &core.Error{Kind: core.MethodNotAllowed, Methods: []string{"GET", "HEAD"}})
	}
	return file
}

// label names a session by the browser that logs in, as far as it tells. Many
// claim to be Chrome or Safari as well, so those come last.
func label(r core.Request) string {
	agent := strings.Join(r.Header("User-Agent"), " ")
	first := func(names ...string) string { // pairs: what to look for, what to say
		for i := 0; i < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	browser := first("Edg", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox",
		"Chrome/", "Chrome", "CriOS/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := first("Windows", "Windows", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad",
		"Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "":
		return "Another program"
	case system == "":
		return browser
	}
	return browser + " on " + system
}
