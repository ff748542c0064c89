package keys_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/keys"
)

// TestPublicOnlyAddresses: what is no public address is refused as an issuer, in
// every spelling, and what is one is taken.
func TestPublicOnlyAddresses(t *testing.T) {
	for host, public := range map[string]bool{
		"127.0.0.1": false, "127.8.9.1": false, "[::1]": false, "[::]": false, "0.0.0.0": false, "0.1.2.3": false,
		"169.254.169.254": false, "[fe80::1]": false, "[fe80::1%25eth0]": false, "[fd00:ec2::254]": false, "[fc00::1]": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "100.64.0.1": false, "100.100.100.200": false,
		"192.0.0.192": false, "198.18.0.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "168.63.129.16": false,
		"[::ffff:127.0.0.1]": false, "[::ffff:7f00:1]": false, "[::ffff:10.0.0.1]": false, "[::127.0.0.1]": false,
		"[64:ff9b::7f00:1]": false, "[64:ff9b::169.254.169.254]": false, "[64:ff9b:1::a00:1]": false,
		"[2002:7f00:1::]": false, "[2001:0:7f00:1::]": false, "[2001:db8::1]": false, "[ff02::1]": false, "[fec0::1]": false,
		"localhost": false, "LOCALHOST.": false, "login.localhost": false,
		"8.8.8.8": true, "172.32.0.1": true, "100.128.0.1": true, "169.253.1.1": true, "[2606:4700::1111]": true, "[64:ff9b::808:808]": true,
		"[::ffff:8.8.8.8]": true, "login.example.com": true, "localhost.example.com": true,
	} {
		for _, scheme := range []string{"https://", "http://"} {
			_, err := keys.NewOIDC(scheme+host+"/tenant", keys.RemoteConfig{PublicOnly: true, InsecureHTTP: true})
			if (err == nil) != public || err != nil && !strings.Contains(err.Error(), "AllowPrivate") {
				t.Errorf("%s%s: got %v, want public = %v", scheme, host, err, public)
			}
		}
		if _, err := keys.NewOIDC("https://"+host, keys.RemoteConfig{}); err != nil {
			t.Errorf("%s without PublicOnly: %v", host, err)
		}
	}
}

func TestAllowPrivate(t *testing.T) {
	allow := []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}
	for host, want := range map[string]bool{
		"10.20.3.4": true, "[::ffff:10.20.3.4]": true, "[64:ff9b::10.20.3.4]": true, "[fd00:1::7]": true,
		"10.21.0.1": false, "[fd00:2::7]": false, "127.0.0.1": false,
	} {
		_, err := keys.NewRemote("https://"+host+"/jwks", keys.RemoteConfig{PublicOnly: true, AllowPrivate: allow})
		if (err == nil) != want {
			t.Errorf("%s: got %v, want it taken: %v", host, err, want)
		}
	}
}

func TestConnectionMistakes(t *testing.T) {
	own := &http.Client{Transport: transport(nil)}
	proxied := &http.Client{Transport: http.DefaultTransport}
	for _, tt := range []struct {
		name, url string
		cfg       keys.RemoteConfig
		want      string
	}{
		{"http", "http://keycloak:8080/jwks", keys.RemoteConfig{}, "say RemoteConfig.InsecureHTTP"},
		{"http by option", "http://keycloak:8080/jwks", keys.RemoteConfig{InsecureHTTP: true}, ""},
		{"http below localhost", "http://Login.localhost:8080/jwks", keys.RemoteConfig{}, ""},
		{"http below localhost, with a dot", "http://login.localhost.:8080/jwks", keys.RemoteConfig{}, ""},
		{"http to a name that ends like it", "http://mylocalhost/jwks", keys.RemoteConfig{}, "plain http"},
		{"allowed without a ban", "https://a.test/", keys.RemoteConfig{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("::/0")}}, "AllowPrivate: every address"},
		{"a zero prefix", "https://a.test/", keys.RemoteConfig{PublicOnly: true, AllowPrivate: make([]netip.Prefix, 1)}, "AllowPrivate: a prefix is zero"},
		{"a transport that connects by itself", "https://a.test/", keys.RemoteConfig{PublicOnly: true, Client: own}, "PublicOnly: the Client's Transport"},
		{"a transport with a proxy", "https://a.test/", keys.RemoteConfig{PublicOnly: true, Client: proxied}, "PublicOnly: the Client's Transport"},
		{"a client with a time-out", "https://a.test/", keys.RemoteConfig{PublicOnly: true, Client: &http.Client{Timeout: 1}}, ""},
		{"certificates twice", "https://a.test/", keys.RemoteConfig{CAFile: "ca.crt", Client: own}, "CAFile: the Client's Transport"},
		{"a token by http", "http://127.0.0.1/", keys.RemoteConfig{TokenFile: "token"}, "TokenFile is sent by https"},
		{"a base", "https://a.test/", keys.RemoteConfig{BaseURL: "https://b.test/"}, "BaseURL: it is for NewOIDC"},
	} {
		_, err := keys.NewRemote(tt.url, tt.cfg)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestPublicOnlyAtConnectTime: a name says nothing, the address that it resolves
// to does, also where the Client has certificates of its own.
func TestPublicOnlyAtConnectTime(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Write([]byte(oneKeySet))
	}))
	defer server.Close()
	for _, tt := range []struct {
		name   string
		client *http.Client
	}{{"own", nil}, {"given", &http.Client{Transport: &http.Transport{}}}} {
		remote, err := keys.NewRemote("http://"+host+":"+portOf(server), keys.RemoteConfig{PublicOnly: true, InsecureHTTP: true, Client: tt.client})
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Fetch(t.Context()); err == nil || asked > 0 {
			t.Errorf("%s: got %v and %d requests, want none", tt.name, err, asked)
		}
	}
}

func portOf(s *httptest.Server) string {
	return s.URL[strings.LastIndex(s.URL, ":")+1:]
}

// TestLocalhostNames: a name below localhost is this machine, whatever a server of
// names says (RFC 6761 section 6.3).
func TestLocalhostNames(t *testing.T) {
	server := httptest.NewServer(body(oneKeySet))
	defer server.Close()
	remote, err := keys.NewRemote("http://login.jwtgate.localhost:"+portOf(server)+"/jwks", keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Fetch(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTokenAndCAFile: both files are read anew for every fetch, and the token goes
// to the host of the URL alone.
func TestTokenAndCAFile(t *testing.T) {
	dir := t.TempDir()
	token, ca := filepath.Join(dir, "token"), filepath.Join(dir, "ca.crt")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	note := func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path+" "+r.Header.Get("Authorization"))
		w.Write([]byte(oneKeySet))
	}
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(note))
	defer elsewhere.Close()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	jwks := server.URL + "/jwks"
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/.well-known/") {
			got = append(got, "metadata "+r.Header.Get("Authorization"))
			w.Write([]byte(`{"issuer":"` + server.URL + `","jwks_uri":"` + jwks + `"}`))
			return
		}
		note(w, r)
	})
	remote, err := keys.NewOIDC(server.URL, keys.RemoteConfig{TokenFile: token, CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	fetch := func(wantErr string, want ...string) {
		t.Helper()
		got = nil
		err := remote.Fetch(t.Context())
		if (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("got %v, want %q", err, wantErr)
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("asked for %q, want %q", got, want)
		}
		if err != nil && strings.Contains(err.Error(), "first") {
			t.Errorf("%v shows the token", err)
		}
	}
	fetch("RemoteConfig.TokenFile")
	write(token, "first\n")
	fetch("RemoteConfig.CAFile")
	write(ca, "nothing\n")
	fetch("no certificate in")
	write(ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	fetch("", "metadata Bearer first", "/jwks Bearer first")
	write(token, "second")
	fetch("", "metadata Bearer second", "/jwks Bearer second")
	jwks = elsewhere.URL + "/elsewhere"
	fetch("", "metadata Bearer second", "/elsewhere ")
	write(token, "first second")
	fetch("no token in")
}
