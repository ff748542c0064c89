package core_test

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestRedaction: what holds a token, a password or a key shows none, whatever
// prints, logs or marshals it, and however deep it lies in another value.
func TestRedaction(t *testing.T) {
	const token, refresh, password, sealed = "access-token-text", "refresh-token-text", "pass-word-text", "sealed-pair-text"
	var credentials core.Credentials
	cfg := coretest.Accepting()
	cfg.Authenticate = func(_ context.Context, c core.Credentials) (*coretest.User, error) {
		credentials = c
		return coretest.Joe, nil
	}
	coretest.MustNew(t, cfg).Login(coretest.Post(`{"username":"joe","password":"` + password + `"}`))
	if credentials.Password != password {
		t.Fatal("no credentials")
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	hash := sessions.TokenHash{1, 2, 3}
	made := sessions.Creation{Realm: "r", Session: sessions.Session{ID: strings.Repeat("A", 22), Subject: "joe", Expires: coretest.Now.Add(time.Hour)}, Token: hash, Most: 1, Now: coretest.Now}
	if _, err := store.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	secret, err := keys.NewSecret([]byte(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	response := core.Response{Status: 200, Header: http.Header{"Set-Cookie": {"t=" + token}}, Body: []byte(refresh)}
	hidden := []string{token, refresh, password, sealed, testSecret}
	for name, v := range map[string]any{
		"Credentials":          credentials,
		"Credential":           core.Credential{Token: token, Scheme: "Bearer", Source: core.HeaderSource{}},
		"Issued":               core.Issued{Token: token, RefreshToken: refresh, ID: "id", Expires: coretest.Now},
		"Response":             response,
		"Rotation":             sessions.Rotation{ID: "id", Sealed: []byte(sealed)},
		"Found":                sessions.Outcome{State: sessions.Grace, Sealed: []byte(sealed)},
		"Creation":             made,
		"Key":                  *secret,
		"Cookie":               core.CookieSource{DoubleSubmit: secret},
		"sessions.MemoryStore": store,
	} {
		type holder struct {
			V any
			P any `json:"p"`
		}
		p := reflect.New(reflect.TypeOf(v))
		p.Elem().Set(reflect.ValueOf(v))
		for _, in := range []any{v, p.Interface(), []any{v}, map[string]any{"k": v}, holder{v, p.Interface()}, &holder{v, p.Interface()}, [1]holder{{V: []any{v}}}} {
			var out bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%o"} {
				out.WriteString(coretest.Sprintf(verb, in))
			}
			opts := &slog.HandlerOptions{Level: slog.LevelDebug}
			for _, h := range []slog.Handler{slog.NewJSONHandler(&out, opts), slog.NewTextHandler(&out, opts)} {
				slog.New(h).Info("m", "v", in, slog.Group("g", "v", in), "list", []any{in})
			}
			text, err := json.Marshal(in)
			out.Write(text)
			fmt.Fprint(&out, err)
			text, err = xml.Marshal(in)
			out.Write(text)
			fmt.Fprint(&out, err)
			if m, ok := in.(encoding.TextMarshaler); ok {
				text, err := m.MarshalText()
				out.Write(text)
				fmt.Fprint(&out, err)
			}
			for _, h := range hidden {
				for _, spelt := range []string{h, coretest.Sprintf("%x", h), coretest.Sprintf("%X", h), coretest.Sprintf("% x", h), strings.Trim(coretest.Sprintf("%d", []byte(h)), "[]"), strings.Trim(coretest.Sprintf("%o", []byte(h)), "[]"), strings.Trim(coretest.Sprintf("%s", jsonOf(t, []byte(h))), `"`)} {
					if strings.Contains(out.String(), spelt) {
						t.Errorf("%s in a %T: shows %q", name, in, spelt)
					}
				}
			}
		}
	}
}

const testSecret = "6f1c9ad07e5b4832a1d0c7e94b8f2635, and some more of it"

func jsonOf(t *testing.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestIssuedDoesNotMarshal: neither silently empty in an answer nor whole in a log.
func TestIssuedDoesNotMarshal(t *testing.T) {
	issued := core.Issued{Token: "a.b.c", RefreshToken: "r"}
	for name, v := range map[string]any{"itself": issued, "pointer": &issued, "in a list": []core.Issued{issued}, "in a map": map[string]any{"issued": issued}} {
		if text, err := json.Marshal(v); err == nil || !strings.Contains(err.Error(), "AuthResponse") {
			t.Errorf("%s: got %s, %v; want an error that names AuthResponse", name, text, err)
		}
	}
	if _, err := core.JSONResponse(200, issued); err == nil {
		t.Error("an answer was made of it")
	}
	for _, v := range []any{sessions.Rotation{}, sessions.Creation{}, sessions.Outcome{}} {
		if text, err := json.Marshal(v); err == nil {
			t.Errorf("%T: got %s", v, text)
		}
	}
}

// TestRedactedTexts: what is shown instead.
func TestRedactedTexts(t *testing.T) {
	for want, v := range map[string]any{
		`"Credentials{\"joe\"}"`:              core.Credentials{Username: "joe", Password: "p"},
		`"Credential{core.HeaderSource}"`:     core.Credential{Token: "t", Source: core.HeaderSource{}},
		`"Response{200, A B-C, 4 bytes}"`:     core.Response{Status: 200, Header: http.Header{"B-C": nil, "A": nil}, Body: []byte("body")},
		`"` + jwttest.Secret().String() + `"`: jwttest.Secret(),
		`null`:                                (*core.Credential)(nil),
	} {
		if got := string(jsonOf(t, v)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
