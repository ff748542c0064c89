package jws_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		name, token string
		want        jws.Compact
		err         error
	}{
		{"three", "aa.bb.cc", jws.Compact{Header: "aa", Payload: "bb", Signature: "cc", SigningInput: "aa.bb"}, nil},
		{"one", "aa", jws.Compact{}, jws.ErrSegments},
		{"two", "aa.bb", jws.Compact{}, jws.ErrSegments},
		{"four", "aa.bb.cc.dd", jws.Compact{}, jws.ErrSegments},
		{"five, a JWE", "aa.bb.cc.dd.ee", jws.Compact{}, jws.ErrSegments},
		{"nothing", "", jws.Compact{}, jws.ErrSegments},
		{"dot first", ".aa", jws.Compact{}, jws.ErrSegments},
		{"a megabyte of dots", strings.Repeat(".", 1<<20), jws.Compact{}, jws.ErrSegments},
		{"line feed", "aa.bb.c\nc", jws.Compact{}, jws.ErrCharacter},
		{"carriage return", "a\ra.bb.cc", jws.Compact{}, jws.ErrCharacter},
		{"line feed at the end", "aa.bb.cc\n", jws.Compact{}, jws.ErrCharacter},
	} {
		if got, err := jws.Split(tt.token); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %+v, %v, want %+v, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
	dots := strings.Repeat(".", 1<<20)
	if n := testing.AllocsPerRun(10, func() { _, _ = jws.Split(dots) }); n > 0 {
		t.Errorf("a megabyte of dots costs %v allocations, want none (CVE-2025-30204)", n)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = jws.Split("aa.bb.cc") }); n > 0 {
		t.Errorf("a split costs %v allocations, want none", n)
	}
}

// decode is how core reads the segments of a token.
func decode(segment string) ([]byte, error) {
	return jws.AppendSegment(nil, segment, jws.ErrPayloadEncoding)
}

func TestSegment(t *testing.T) {
	for _, tt := range []struct {
		name, segment, want string
		ok                  bool
	}{
		{"nothing", "", "", true},
		{"one byte", "YQ", "a", true},
		{"two bytes", "YWI", "ab", true},
		{"three bytes", "YWJj", "abc", true},
		{"both special characters", "-_-_", "\xfb\xff\xbf", true},
		{"leftover bits, one byte", "YR", "", false},
		{"leftover bits, two bytes", "YWJ", "", false},
		{"one character", "Y", "", false},
		{"padding", "YQ==", "", false},
		{"standard alphabet", "+/+/", "", false},
		{"space", "YW I", "", false},
		{"beyond ASCII", "YWé", "", false},
		{"NUL", "YW\x00", "", false},
		{"percent", "YW%3D", "", false},
		{"brace", "{}{}", "", false},
	} {
		got, err := decode(tt.segment)
		if string(got) != tt.want || (err == nil) != tt.ok || err != nil && !errors.Is(err, jws.ErrPayloadEncoding) {
			t.Errorf("%s: got %q, %v, want %q, ok %v", tt.name, got, err, tt.want, tt.ok)
		}
		if tt.ok && jws.Encode(got) != tt.segment {
			t.Errorf("%s: encodes to %q, want %q", tt.name, jws.Encode(got), tt.segment)
		}
	}
	if got, err := jws.AppendSegment([]byte("x"), "YQ", nil); string(got) != "xa" || err != nil {
		t.Errorf("append: got %q, %v, want xa", got, err)
	}
}

// checkSegment holds the decoder against the standard library's in strict mode,
// which differs in one thing: it skips line breaks.
func checkSegment(t *testing.T, segment string) {
	t.Helper()
	got, err := decode(segment)
	want, wantErr := base64.RawURLEncoding.Strict().DecodeString(segment)
	refused := wantErr != nil || strings.ContainsAny(segment, "\r\n")
	if (err != nil) != refused || err == nil && (!bytes.Equal(got, want) || jws.Encode(got) != segment) {
		t.Errorf("%q: got %q, %v; encoding/base64 says %q, %v", segment, got, err, want, wantErr)
	}
}

// Every byte at every place of a segment of every length, decoded eight
// characters at a time or fewer, is judged as by the standard library.
func TestSegmentBytes(t *testing.T) {
	for length := range 28 {
		for at := range length {
			for c := range 256 {
				segment := []byte(strings.Repeat("-7zA", 7)[:length])
				segment[at] = byte(c)
				checkSegment(t, string(segment))
			}
		}
	}
}

// What stands behind a segment's bytes in the buffer stays as it was, and a
// buffer that suffices is used.
func TestSegmentIntoBuffer(t *testing.T) {
	for length := range 33 {
		want := strings.Repeat("x", length)
		buffer := []byte("kept" + strings.Repeat("?", 40))
		got, err := jws.AppendSegment(buffer[:4], jws.Encode([]byte(want)), jws.ErrHeaderEncoding)
		if string(got) != "kept"+want || err != nil || &got[0] != &buffer[0] {
			t.Errorf("%d bytes: got %q, %v, want kept%s in the same buffer", length, got, err, want)
		}
		if rest := string(buffer[4+length:]); strings.Trim(rest, "?") != "" {
			t.Errorf("%d bytes: got %q behind them, want nothing written there", length, rest)
		}
	}
}

// FuzzSegments: of a token that splits and whose segments decode there is but
// one spelling, and the segments are the token's.
func FuzzSegments(f *testing.F) {
	for _, seed := range []string{"aa.bb.cc", "YQ.YR.YQ==", "..", "a\n.b.c", "+/.-_.é", "YQ.YQ.YQ.YQ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		c, err := jws.Split(token)
		if err != nil {
			return
		}
		if c.SigningInput+"."+c.Signature != token || c.Header+"."+c.Payload != c.SigningInput {
			t.Fatalf("%q: split into %+v", token, c)
		}
		for _, segment := range []string{c.Header, c.Payload, c.Signature} {
			checkSegment(t, segment)
		}
	})
}
