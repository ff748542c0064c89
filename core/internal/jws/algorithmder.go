package jws

import (
	"bytes"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"math/big"
)

// A JWS holds an ECDSA signature as r and s, each as long as the order of the
// curve (RFC 7518 section 3.4); the rest of the world, and package crypto, as
// the DER of a SEQUENCE of both (RFC 3279 section 2.2.3).

func orderBytes(curve elliptic.Curve) int { return (curve.Params().N.BitLen() + 7) / 8 }

// appendDER appends the DER of a raw signature, which must have the one length
// there is. Whether r and s are in range is for the verification to see.
func appendDER(der, raw []byte, curve elliptic.Curve) ([]byte, bool) {
	size := orderBytes(curve)
	if len(raw) != 2*size {
		return der, false
	}
	r, s := bytes.TrimLeft(raw[:size], "\x00"), bytes.TrimLeft(raw[size:], "\x00")
	length := 4 + len(r) + pad(r) + len(s) + pad(s)
	der = append(der, 0x30) // SEQUENCE
	if length > 127 {
		der = append(der, 0x81) // the length is in one byte more: P-521 has up to 138
	}
	der = append(der, byte(length))
	return appendInteger(appendInteger(der, r), s), true
}

// pad is 1 if the INTEGER of n needs a zero in front: n is zero, or would look
// negative.
func pad(n []byte) int {
	if len(n) == 0 || n[0] >= 0x80 {
		return 1
	}
	return 0
}

func appendInteger(der, n []byte) []byte {
	der = append(der, 2, byte(len(n)+pad(n))) // INTEGER
	if pad(n) == 1 {
		der = append(der, 0)
	}
	return append(der, n...)
}

// rawECDSA converts what a crypto.Signer returns.
func rawECDSA(der []byte, curve elliptic.Curve) ([]byte, error) {
	var signature struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &signature)
	if err != nil || len(rest) > 0 {
		return nil, errors.New("the signer returned no ASN.1 signature of ECDSA")
	}
	size, order := orderBytes(curve), curve.Params().N
	raw := make([]byte, 2*size)
	for i, n := range []*big.Int{signature.R, signature.S} {
		if n.Sign() <= 0 || n.Cmp(order) >= 0 {
			return nil, errors.New("the signer returned an ECDSA signature out of range")
		}
		n.FillBytes(raw[i*size : (i+1)*size])
	}
	return raw, nil
}
