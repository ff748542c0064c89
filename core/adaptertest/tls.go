package adaptertest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// overTLS: a request knows whether its own connection is encrypted, whatever its
// target says, and so does the proof of origin. Who tells the connection's state tells
// the client's certificate in it (RFC 8705).
func overTLS(t *testing.T, mounts []Mount) {
	for _, m := range mounts {
		plain, encrypted := tlsApp(nil), tlsApp(&tls.Config{
			Certificates: []tls.Certificate{certificate("server")},
			ClientAuth:   tls.RequestClientCert,
		})
		for _, tt := range []struct {
			app  *App
			ours string // the own origin
			want string
		}{
			{plain, "http://example.com", `["http",false,""]`},
			{encrypted, "https://example.com", `["https",true,"client"]`},
		} {
			addr := m.Serve(t, tt.app)
			exchange := func(raw string) Answer {
				w := tt.app.dial(t, addr)
				w.send(raw)
				a, _, err := w.read(false)
				if err != nil {
					t.Errorf("%s: %q: %v", m.Name, raw, err)
				}
				return a
			}
			for _, raw := range []string{
				get("/tls"),
				raw("GET http://example.com/tls HTTP/1.1", "Host: example.com"),
				raw("GET https://example.com/tls HTTP/1.1", "Host: example.com"),
			} {
				if a := exchange(raw); a.Status != 200 || a.Body != tt.want+"\n" {
					t.Errorf("%s: %q: got %d %s, want %s", m.Name, raw, a.Status, a.Body, tt.want)
				}
			}
			for _, origin := range []string{"http://example.com", "https://example.com"} {
				want := 403
				if origin == tt.ours {
					want = 200
				}
				a := exchange(do("POST", "/cookie", "Cookie: token="+good("joe"), "Origin: "+origin, "Content-Length: 0"))
				if a.Status != want {
					t.Errorf("%s: Origin %s where ours is %s: got %d, want %d", m.Name, origin, tt.ours, a.Status, want)
				}
			}
		}
	}
}

func tlsApp(config *tls.Config) *App {
	a := newApp()
	a.TLS = config
	a.Endpoints = append(a.Endpoints, core.Route{Path: "/tls", Serve: func(r core.Request) core.Response {
		encrypted, client := r.Scheme() == "https", ""
		if d, ok := inner[interface{ TLS() *tls.ConnectionState }](r); ok {
			state := d.TLS()
			if encrypted = state != nil; encrypted && len(state.PeerCertificates) == 1 {
				client = state.PeerCertificates[0].Subject.CommonName
			}
		} else if encrypted { // it need not tell
			client = "client"
		}
		res, err := core.JSONResponse(http.StatusOK, []any{r.Scheme(), encrypted, client})
		check(err)
		return res
	}})
	return a
}

// inner is the Request, or one that it stands around, which has more to tell.
func inner[More any](r core.Request) (more More, ok bool) {
	for {
		if more, ok = r.(More); ok {
			return more, true
		}
		outer, ok := r.(interface{ Unwrap() core.Request })
		if !ok {
			return more, false
		}
		r = outer.Unwrap()
	}
}

// dial connects as the application listens.
func (a *App) dial(t testing.TB, addr string) *wire {
	t.Helper()
	w := dial(t, addr)
	if a.TLS != nil {
		conn := tls.Client(w.conn, &tls.Config{
			InsecureSkipVerify: true, // a certificate of this test's own
			Certificates:       []tls.Certificate{certificate("client")},
		})
		w = &wire{conn, bufio.NewReader(conn)}
	}
	return w
}

// certificate is a self-signed one.
func certificate(name string) tls.Certificate {
	key := certificateKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var certificateKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	return key
})
