package keys_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// pemOf is a block of PEM.
func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// selfSigned is a certificate with the key, as Google publishes them.
func selfSigned(t testing.TB, key *rsa.PrivateKey, until time.Time) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "securetoken.system.gserviceaccount.com"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("CERTIFICATE", der)
}

// TestPEMMap has keys in PEM by their ids, as Firebase publishes certificates and
// Google's Identity-Aware Proxy public keys.
func TestPEMMap(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecPublic, err := x509.MarshalPKIXPublicKey(&ecKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	ecPrivate, err := x509.MarshalPKCS8PrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{
		"cert": selfSigned(t, rsaKey, time.Now().Add(time.Hour)), "old": selfSigned(t, rsaKey, time.Now().Add(-time.Hour)),
		"ec": pemOf("PUBLIC KEY", ecPublic), "private": pemOf("PRIVATE KEY", ecPrivate),
		"two": pemOf("PUBLIC KEY", ecPublic) + selfSigned(t, rsaKey, time.Now().Add(time.Hour)), "text": "hello", "number": 1, "bad\nid": "x",
	})
	if err != nil {
		t.Fatal(err)
	}
	const url = "https://www.test/robot/v1/metadata/x509/securetoken"
	const iss = "https://securetoken.test/project"
	issuer := jwttest.NewIssuer(t)
	p := &paths{texts: map[string]string{url: string(text)}}
	issuer.Break(p)
	var told keys.Event
	source, err := keys.NewRemote(url, keys.RemoteConfig{
		Client: issuer.Client(), Issuer: iss, Format: keys.PEMMap, Observer: func(_ context.Context, e keys.Event) { told = e },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`(kid "old"): its certificate expired`, `(kid "private"): it is a private key`, `(kid "two"): it holds several keys`,
		`(kid "text"): no PEM block`, `(kid "number"): it is not a text in PEM`, "its kid is longer than",
	} {
		if told.Skipped == nil || !strings.Contains(told.Skipped.Error(), want) {
			t.Errorf("skipped: got %v, want %q in it", told.Skipped, want)
		}
	}
	decode := core.Decoder(source, core.ClaimRules{Audience: []string{"project"}})
	for kid, key := range map[string]any{"cert": rsaKey, "ec": ecKey} {
		for _, sent := range []struct {
			kid, iss string
			want     error
		}{{kid, iss, nil}, {kid, iss + "2", core.WrongIssuer}, {"none", iss, core.UnknownKey}} {
			signer, err := keys.New(key, keys.WithID(sent.kid))
			if err != nil {
				t.Fatal(err)
			}
			token, err := core.Encoder(signer)(t.Context(), nil, core.Payload{"iss": sent.iss, "aud": "project", "exp": time.Now().Add(time.Hour).Unix()})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := decode(t.Context(), token); !errors.Is(err, sent.want) {
				t.Errorf("%+v: got %v", sent, err)
			}
		}
	}
	// One format is not taken for the other, and the answer says which it is.
	for _, tt := range []struct {
		format     keys.Format
		text, want string
	}{
		{keys.PEMMap, `{"keys":[]}`, `it is a JWK Set; leave RemoteConfig.Format out`},
		{keys.PEMMap, `[]`, "not a JSON object"},
		{keys.JWKSet, string(text), "RemoteConfig.Format keys.PEMMap"},
	} {
		p.texts[url] = tt.text
		source, err := keys.NewRemote(url, keys.RemoteConfig{Client: issuer.Client(), Issuer: iss, Format: tt.format})
		if err != nil {
			t.Fatal(err)
		}
		if err := source.Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d of %.20s: got %v, want %q", tt.format, tt.text, err, tt.want)
		}
	}
	if _, err := keys.NewRemote(url, keys.RemoteConfig{Client: &http.Client{}, Format: 7}); err == nil || !strings.Contains(err.Error(), "Format: 7 is no format") {
		t.Errorf("a format that is none: got %v", err)
	}
}
