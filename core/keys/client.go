package keys

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/pemkey"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// guardedClient is a copy of the user's Client that follows a redirect only
// within the origin: whoever can redirect elsewhere could else name the keys.
func guardedClient(user *http.Client) *http.Client {
	var c http.Client
	if user != nil {
		c = *user
	}
	own := c.CheckRedirect
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		from, to := via[0].URL, req.URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("redirected more than %d times", maxRedirects)
		case !sameOrigin(from, to) || to.User != nil:
			return fmt.Errorf("redirected from %s://%s to %s://%s, and only redirects within one origin are followed",
				from.Scheme, from.Host, to.Scheme, to.Host)
		case own != nil:
			return own(req, via)
		}
		return nil
	}
	return &c
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}

// readURL reads a URL that keys may come from: https, or http to this machine.
func (c RemoteConfig) readURL(text string) (*url.URL, error) {
	u, err := readAnyURL(text)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme == "http" && !field.IsLoopback(u.Hostname()) && !c.InsecureHTTP:
		return nil, fmt.Errorf("it is plain http to %s, and who can change the answer can sign tokens; use https, or say RemoteConfig.InsecureHTTP", u.Host)
	case u.Scheme == "http" && c.TokenFile != "":
		return nil, errors.New("it is plain http, and the token of RemoteConfig.TokenFile is sent by https alone")
	}
	if err := c.checkHost(u.Hostname()); err != nil {
		return nil, err
	}
	return u, nil
}

// readAnyURL reads an absolute URL that nothing need be fetched from.
func readAnyURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL") // the parser's error holds the text
	case u.User != nil:
		return nil, errors.New("it holds a user name or password, which end up in logs; set a header in the Client's Transport")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, errors.New("it is not an absolute https URL")
	case u.Fragment != "":
		return nil, errors.New("it has a fragment, which is never sent")
	}
	return u, nil
}

// checkConnection says what is wrong with the fields about connections.
func (c RemoteConfig) checkConnection() (bad setup.Mistakes) {
	for _, prefix := range c.AllowPrivate {
		if !prefix.IsValid() {
			bad.Add("AllowPrivate", `make it with netip.MustParsePrefix("10.20.0.0/16")`, "a prefix is zero")
		}
	}
	if len(c.AllowPrivate) > 0 && !c.PublicOnly {
		bad.Add("AllowPrivate", "say PublicOnly too, or leave it out", "every address is taken without PublicOnly")
	}
	if c.Client == nil || c.Client.Transport == nil || !c.PublicOnly && c.CAFile == "" {
		return bad
	}
	t, ok := c.Client.Transport.(*http.Transport)
	if c.PublicOnly && (!ok || dials(t)) {
		bad.Add("PublicOnly", "leave the Client's Transport nil, or an *http.Transport without Proxy and Dial functions",
			"the Client's Transport chooses for itself where it connects to")
	}
	if c.CAFile != "" && (!ok || t.TLSClientConfig != nil && t.TLSClientConfig.RootCAs != nil) {
		bad.Add("CAFile", "leave the Client's Transport nil, or an *http.Transport without RootCAs",
			"the Client's Transport knows whom it trusts")
	}
	return bad
}

// dials reports whether a transport has a say in where it connects to.
func dials(t *http.Transport) bool {
	//lint:ignore SA1019 who sets them is heeded
	return t.Proxy != nil || t.DialContext != nil || t.DialTLSContext != nil || t.Dial != nil || t.DialTLS != nil
}

// ownTransport is a transport that does what config asks beyond the Client's; nil
// if that is nothing.
func (c RemoteConfig) ownTransport(home *url.URL) *http.Transport {
	theirs := http.DefaultTransport
	given := c.Client != nil && c.Client.Transport != nil
	if given {
		theirs = c.Client.Transport
	}
	local := !given && field.IsLocalhost(home.Hostname())
	if !local && !c.PublicOnly && c.CAFile == "" {
		return nil
	}
	t, ok := theirs.(*http.Transport)
	if !ok { // somebody has replaced the default
		t = &http.Transport{ForceAttemptHTTP2: true}
	}
	t = t.Clone()
	if local || c.PublicOnly {
		t.Proxy = nil
		t.DialContext = c.dialer(nil)
	}
	return t
}

// connect returns the client for one document, and what to call when it was read.
func (r *Remote) connect() (*http.Client, func(), error) {
	if r.own == nil {
		return r.client, func() {}, nil
	}
	t := r.own.Clone()
	if r.cfg.CAFile != "" {
		text, _, err := pemkey.ReadFile(r.cfg.CAFile)
		if err != nil {
			return nil, nil, fmt.Errorf("RemoteConfig.CAFile: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return nil, nil, fmt.Errorf("RemoteConfig.CAFile: there is no certificate in %s", r.cfg.CAFile)
		}
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.RootCAs = roots
	}
	c := *r.client
	c.Transport = t
	return &c, t.CloseIdleConnections, nil
}

// authorize adds the token of TokenFile, which is for one host and no other.
func (r *Remote) authorize(req *http.Request) error {
	if r.cfg.TokenFile == "" || !sameOrigin(req.URL, r.home) {
		return nil
	}
	text, _, err := pemkey.ReadFile(r.cfg.TokenFile)
	if err != nil {
		return fmt.Errorf("RemoteConfig.TokenFile: %w", err)
	}
	token := string(bytes.TrimSpace(text))
	if token == "" || len(token) > 16<<10 || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return fmt.Errorf("RemoteConfig.TokenFile: there is no token in %s", r.cfg.TokenFile)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}
