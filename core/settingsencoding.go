package core

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// decoded is a key's text as KEY_ENCODING says that it is written: what a place for
// settings takes may be base64 alone, of a secret's bytes or of a PEM text.
func (r *reading) decoded(name, value string) (text string, ok bool) {
	const setting = "KEY_ENCODING"
	encoding, there := r.values[setting]
	if !there {
		return value, !r.failed[setting]
	}
	plain := strings.Join(strings.Fields(value), "") // "openssl base64" writes lines
	var decoded []byte
	var err error
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		// Of either alphabet, with its padding or without (RFC 4648 sections 4 and 5).
		plain = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(plain, "="))
		decoded, err = base64.RawURLEncoding.Strict().DecodeString(plain)
	case "hex":
		decoded, err = hex.DecodeString(plain)
	default:
		if !r.failed[setting] {
			r.bad(setting, "set it to base64 or hex, or unset it", "%.16q is neither", encoding)
		}
		return "", false
	}
	if err != nil { // whose text may hold a byte of the key
		r.bad(name, "write it so, or unset "+r.full(setting), "it is not %s, as %s says", strings.ToLower(strings.TrimSpace(encoding)), r.full(setting))
		return "", false
	}
	return string(decoded), true
}

// noEncoding says of KEY_ENCODING that there is nothing that it speaks of.
func (r *reading) noEncoding(fix, found string, args ...any) {
	if _, there := r.values["KEY_ENCODING"]; there {
		r.bad("KEY_ENCODING", fix, found, args...)
	}
}
