package pemkey

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/keycheck"
)

// checkCertificate judges a certificate that is not nil as far as it says what
// its key is for, and when. It is looked at when the key is read, and not again:
// a certificate that expires while the program runs goes on verifying.
func checkCertificate(c *x509.Certificate, expired bool) error {
	const (
		day    = time.DateOnly
		remedy = "; load the one in use, or say keys.InsecureExpiredCertificate"
		// CA:TRUE is what "openssl req -x509" writes, so keyCertSign is for
		// signatures too.
		signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageCertSign
	)
	if c == nil {
		return nil
	}
	now := time.Now()
	switch {
	case c.KeyUsage != 0 && c.KeyUsage&signs == 0:
		return errors.New("its certificate is for encryption and not for signatures (key usage, RFC 5280 section 4.2.1.3)")
	case expired:
	case now.After(c.NotAfter):
		return fmt.Errorf("its certificate expired on %s"+remedy, c.NotAfter.UTC().Format(day))
	case now.Before(c.NotBefore):
		return fmt.Errorf("its certificate is not valid before %s"+remedy, c.NotBefore.UTC().Format(day))
	}
	return nil
}

// unknownCertified says of which kind the key of a certificate is that package x509
// has read and not understood.
func unknownCertified(c *x509.Certificate) error {
	text := foreignKey(c.RawSubjectPublicKeyInfo)
	if text == "" {
		var public struct {
			Algorithm pkix.AlgorithmIdentifier
			Key       asn1.BitString
		}
		kind := "an unknown kind"
		if unmarshalDER(c.RawSubjectPublicKeyInfo, &public) {
			kind = "the kind " + public.Algorithm.Algorithm.String()
		}
		text = "it holds a key of " + kind + ", which signs no tokens; RSA, EC and Ed25519 do"
	}
	return errors.New("a certificate in it is for another kind of key: " + text)
}

// withoutChain leaves out the certificates that issued another one of the file:
// who issues certificates does not sign tokens.
func withoutChain(keys []Key) (rest []Key) {
	for i, key := range keys {
		if !issuedAnother(keys, i) {
			rest = append(rest, key)
		}
	}
	return rest
}

func issuedAnother(keys []Key, i int) bool {
	ca := keys[i].certificate
	if ca == nil || !ca.IsCA {
		return false
	}
	for j, key := range keys {
		c := key.certificate
		if i == j || c == nil || keycheck.Same(c.PublicKey, ca.PublicKey) {
			continue
		}
		if bytes.Equal(c.RawIssuer, ca.RawSubject) && c.CheckSignatureFrom(ca) == nil {
			return true
		}
	}
	return false
}
