package providers_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/providers"
)

// TestKubernetes: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
// has the token, https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
// the key set, which the API server gives to authenticated callers alone.
func TestKubernetes(t *testing.T) {
	const issuer = "https://kubernetes.default.svc.cluster.local"
	own := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(own, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key, want := rsaKey(), "first"
	server, ca := apiServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "kubernetes.default.svc" || r.URL.Path != "/openid/v1/jwks" || r.Header.Get("Authorization") != "Bearer "+want {
			http.Error(w, `{"kind":"Status","status":"Failure","reason":"Unauthorized","code":401}`, http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = io.WriteString(w, compact(keySet(key.jwk(members{"use": "sig", "alg": "RS256"}))))
	})
	clock := now
	remote := keys.RemoteConfig{Client: server, CAFile: ca, TokenFile: own, Now: func() time.Time { return clock }}
	sign := func(more members) string {
		return key.sign(nil, with(dated(members{
			"aud": []string{"orders-api"}, "iss": issuer, "jti": "7ee52be0-9045-4653-aa5e-0da57b8dccdc", "nbf": now.Unix() - 60, "sub": "system:serviceaccount:shop:checkout",
			"kubernetes.io": members{"namespace": "shop", "node": members{"name": "a", "uid": "1"}, "pod": members{"name": "checkout-1", "uid": "2"},
				"serviceaccount": members{"name": "checkout", "uid": "3"}, "warnafter": now.Unix() + 3000},
		}), more))
	}
	p, err := providers.Kubernetes(issuer, "orders-api", []string{"shop/checkout", "jobs/nightly"}, remote)
	if err != nil {
		t.Fatal(err)
	}
	judge(t, p, err, []try{
		{"a pod's", sign(nil), 0},
		{"the other account's", sign(members{"sub": "system:serviceaccount:jobs:nightly"}), 0},
		{"another account's of the namespace", sign(members{"sub": "system:serviceaccount:shop:default"}), core.BadClaim},
		{"of that name in another namespace", sign(members{"sub": "system:serviceaccount:evil:checkout"}), core.BadClaim},
		{"for the API server", sign(members{"aud": []string{issuer}}), core.WrongAudience},
		{"for another program", sign(members{"aud": []string{"vault"}}), core.WrongAudience},
		{"from a Secret, without end", sign(members{"iss": "kubernetes/serviceaccount", "exp": nil, "aud": nil}), core.WrongIssuer},
		{"another cluster's", sign(members{"iss": "https://oidc.eks.eu-central-1.amazonaws.com/id/AB12"}), core.WrongIssuer},
	})
	roles(t, p, core.HasAny(core.Path("kubernetes.io", "namespace"), "shop"), sign(nil), sign(members{"kubernetes.io": members{"namespace": "jobs"}}))

	// The cluster replaces this pod's token, and later its own key.
	if err := os.WriteFile(own, []byte("second"), 0o600); err != nil {
		t.Fatal(err)
	}
	want, key, clock = "second", evilKey().named("rsa-2"), now.Add(time.Minute)
	judge(t, p, nil, []try{{"with the cluster's next key", sign(nil), 0}})

	mistakes(t, func() (core.Provider, error) { return providers.Kubernetes("", "", nil) }, "issuer: empty", "audience: empty", "accounts: empty, so anybody")
	for _, audience := range []string{issuer, "https://kubernetes.default.svc"} {
		mistakes(t, func() (core.Provider, error) {
			return providers.Kubernetes(issuer, audience, []string{"shop/checkout"})
		}, "audience: ")
	}
	for _, account := range []string{"checkout", "shop/*", "system:serviceaccount:shop:checkout"} {
		mistakes(t, func() (core.Provider, error) { return providers.Kubernetes(issuer, "orders-api", []string{account}) }, "accounts: ")
	}
}

// apiServer is the server kubernetes.default.svc: a Client that reaches it, and a file
// with the cluster's CA.
func apiServer(t *testing.T, serve http.HandlerFunc) (client *http.Client, ca string) {
	key := ecKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kube-apiserver"}, DNSNames: []string{"kubernetes.default.svc"},
		NotBefore: time.Unix(0, 0), NotAfter: now.AddDate(100, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key.Signer))
	s := httptest.NewUnstartedServer(serve)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key.Signer}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(ca, []byte(pemOf("CERTIFICATE", der)), 0o600); err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}}}, ca
}
