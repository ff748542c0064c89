package core_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// TestReread: whatever a step reads of a body, and in which pieces, the handler reads
// the same bytes and the same error, and the body that is closed is the server's.
func TestReread(t *testing.T) {
	broken := errors.New("the connection broke")
	long := strings.Repeat("0123456789abcdef", 160<<10) // 2.5 MiB
	for _, tt := range []struct {
		name string
		body io.Reader
		want string
		err  error
	}{
		{"nothing", strings.NewReader(""), "", nil},
		{"a word", strings.NewReader("word"), "word", nil},
		{"a word, byte by byte", iotest.OneByteReader(strings.NewReader("word")), "word", nil},
		{"a word, and the end with it", iotest.DataErrReader(strings.NewReader("word")), "word", nil},
		{"a word, and then it breaks", io.MultiReader(strings.NewReader("word"), iotest.ErrReader(broken)), "word", broken},
		{"it breaks at once", iotest.ErrReader(broken), "", broken},
		{"more than a step reads", strings.NewReader(long), long, nil},
		{"more than a step reads, and then it breaks", io.MultiReader(strings.NewReader(long), iotest.ErrReader(broken)), long, broken},
	} {
		for how, read := range map[string]func(core.Request) (int, error){
			"nothing": func(core.Request) (int, error) { return 0, nil },
			"3 bytes": func(r core.Request) (int, error) {
				n, _ := io.ReadFull(r.Body(), make([]byte, 3))
				return n, nil
			},
			"all": func(r core.Request) (int, error) {
				n, err := io.Copy(io.Discard, r.Body())
				return int(n), err
			},
			"all, and again": func(r core.Request) (int, error) {
				first, firstErr := io.ReadAll(r.Body())
				n, err := io.ReadAll(r.Body())
				if !bytes.Equal(first, n) || err != firstErr {
					t.Errorf("%s: the second time a step reads %d bytes, %v, the first time %d, %v", tt.name, len(n), err, len(first), firstErr)
				}
				return len(n), err
			},
		} {
			body := &closing{Reader: tt.body}
			if s, ok := tt.body.(io.Seeker); ok {
				_, _ = s.Seek(0, io.SeekStart)
			} else if how != "all" { // it can be read once
				continue
			}
			r := httptest.NewRequest("POST", "/", nil)
			r.Body = body
			cfg := coretest.Accepting()
			cfg.Lookup = func(r core.Request) (core.Credential, error) {
				if n, _ := read(r); n > 1<<20+1 {
					t.Errorf("%s: a step has read %d bytes", tt.name, n)
				}
				return core.Credential{Token: "token"}, nil
			}
			_, _, ok := coretest.MustNew(t, cfg).Require()(core.FromHTTP(r))
			got, err := io.ReadAll(r.Body)
			if !ok || string(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%s, a step reads %s: the handler reads %d bytes, %v, want %d, %v", tt.name, how, len(got), err, len(tt.want), tt.err)
			}
			if _ = r.Body.Close(); !body.closed {
				t.Errorf("%s, a step reads %s: the server's body is not closed", tt.name, how)
			}
		}
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

// TestRereadAtALogin: what Throttle has read of a login Authenticate reads again, and
// AuthResponse, though Login has read it before both.
func TestRereadAtALogin(t *testing.T) {
	cfg := coretest.Accepting()
	seen := 0
	read := func(r core.Request) {
		if body, err := io.ReadAll(r.Body()); err != nil || string(body) != coretest.JoesLogin {
			t.Errorf("a step reads %q, %v", body, err)
		}
		seen++
	}
	authenticate := cfg.Authenticate
	cfg.Throttle = func(_ context.Context, c core.Credentials) (func(context.Context, error), error) {
		read(c.Request)
		return nil, nil
	}
	cfg.Authenticate = func(ctx context.Context, c core.Credentials) (*coretest.User, error) {
		read(c.Request)
		return authenticate(ctx, c)
	}
	cfg.AuthResponse = func(r core.Request, _ *coretest.User, _ core.Issued) core.Response {
		read(r)
		return core.Response{Status: http.StatusNoContent}
	}
	r := httptest.NewRequest("POST", "/auth", strings.NewReader(coretest.JoesLogin))
	r.Header.Set("Content-Type", "application/json")
	if res := coretest.MustNew(t, cfg).Login(core.FromHTTP(r)); res.Status != http.StatusNoContent || seen != 3 {
		t.Errorf("got %d, %d steps", res.Status, seen)
	}
}
