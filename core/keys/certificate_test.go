package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
)

// authority issues certificates; one that is nil signs its own.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func (a *authority) issue(t *testing.T, change func(*x509.Certificate)) (issued *authority, text []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, crypto.Signer(key)
	if a != nil {
		parent, signer = a.certificate, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func isCA(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	c.Subject.CommonName = "authority"
}

func TestCertificateDates(t *testing.T) {
	var none *authority
	between := func(from, to time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(to) }
	}
	const day = 24 * time.Hour
	ago, ahead := time.Now().Add(-3*day).UTC().Format(time.DateOnly), time.Now().Add(3*day).UTC().Format(time.DateOnly)
	for _, tt := range []struct {
		name   string
		change func(*x509.Certificate)
		err    string
		takes  bool // with InsecureExpiredCertificate
	}{
		{"valid", between(-day, day), "", true},
		{"expired", between(-9*day, -3*day), "its certificate expired on " + ago, true},
		{"not yet valid", between(3*day, 9*day), "its certificate is not valid before " + ahead, true},
		{"for signatures", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment }, "", true},
		{"for encryption", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }, "for encryption and not for signatures", false},
		{"CA:TRUE, as openssl req -x509 makes it", isCA, "", true},
	} {
		_, text := none.issue(t, tt.change)
		key, err := keys.Parse(text)
		if tt.err != "" {
			wantKeyError(t, tt.name, err, tt.err)
		} else if err != nil || key.String() != "Key{ES256, verifies only}" {
			t.Errorf("%s: got %v, %v", tt.name, key, err)
		}
		if _, err := keys.Parse(text, keys.InsecureExpiredCertificate()); (err == nil) != tt.takes {
			t.Errorf("%s: with keys.InsecureExpiredCertificate: %v", tt.name, err)
		}
	}
}

// TestCertificateChain: who issues certificates does not sign tokens.
func TestCertificateChain(t *testing.T) {
	var none *authority
	root, rootText := none.issue(t, isCA)
	middle, middleText := root.issue(t, func(c *x509.Certificate) { isCA(c); c.Subject.CommonName = "middle" })
	leaf, leafText := middle.issue(t, nil)
	_, secondText := middle.issue(t, nil)
	leafKey, err := keys.New(leaf.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := leafKey.Thumbprint()
	for name, text := range map[string][]byte{
		"leaf first": pemJoin(leafText, middleText, rootText),
		"leaf last":  pemJoin(rootText, middleText, leafText),
		"leaf alone": leafText,
	} {
		key, err := keys.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, _ := key.Thumbprint(); got != want {
			t.Errorf("%s: not the leaf's key", name)
		}
	}
	_, err = keys.Parse(pemJoin(leafText, secondText, middleText))
	wantKeyError(t, "two leaves", err, "several keys")
	set, err := keys.ParseSet(pemJoin(leafText, secondText, middleText, rootText))
	if err != nil || len(set.Keys()) != 2 {
		t.Errorf("two leaves in a set: got %v, %v", set, err)
	}

	// The old and the new certificate of an issuer that signs its own, under
	// one name: neither issued the other.
	_, oldText := none.issue(t, isCA)
	_, newText := none.issue(t, isCA)
	set, err = keys.ParseSet(pemJoin(oldText, newText))
	if err != nil || len(set.Keys()) != 2 {
		t.Errorf("two of one name: got %v, %v", set, err)
	}
}

// TestCertificateOfAnotherKind: a certificate whose key Go does not know is an error
// that says so, alone and beside a good key, which is no key that is silently there.
func TestCertificateOfAnotherKind(t *testing.T) {
	var none *authority
	_, text := none.issue(t, nil)
	block, _ := pem.Decode(text)
	for from, want := range map[string]string{
		"\x06\x07\x2a\x86\x48\xce\x3d\x02\x7f": "a key of the kind 1.2.840.10045.2.127, which signs no tokens",
		"\x06\x07\x2a\x86\x48\xce\x38\x04\x01": "it holds a DSA key",
	} {
		other := bytes.Replace(block.Bytes, []byte("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"), []byte(from), 1)
		if bytes.Equal(other, block.Bytes) {
			t.Fatal("the certificate has no such key")
		}
		foreign := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other})
		for name, text := range map[string][]byte{"alone": foreign, "beside": append(bytes.Clone(text), foreign...), "before": append(bytes.Clone(foreign), text...)} {
			_, err := keys.Parse(text)
			wantKeyError(t, name, err, want)
			_, err = keys.ParseSet(text)
			wantKeyError(t, name+", a set", err, want)
		}
	}
}
