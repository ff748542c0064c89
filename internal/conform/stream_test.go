package conform

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/fiberjwt"
)

// TestFiberStreams: with StreamRequestBody a body comes once on Fiber too, and cannot
// be put back in part. So a step reads what is sure to end within a megabyte, and the
// handler all of it; of the rest a step reads nothing, and the handler all of it.
func TestFiberStreams(t *testing.T) {
	auth := core.Must(core.Config[string]{
		Keys: jwttest.Secret(), Sources: []core.Source{core.HeaderSource{}, core.FormSource{}, core.SourceFunc(func(r core.Request) (core.Credential, error) {
			_, _ = io.ReadAll(r.Body())
			return core.Credential{}, nil
		})},
	})
	f := fiber.New(fiber.Config{DisableStartupMessage: true, StreamRequestBody: true, BodyLimit: 8 << 20})
	f.Post("/", fiberjwt.Optional(auth), fiberjwt.Optional(auth), func(c *fiber.Ctx) error {
		body, err := io.ReadAll(c.Context().RequestBodyStream())
		if err != nil {
			return err
		}
		user, _ := fiberjwt.Identity[string](c)
		c.Set("X-User", user)
		return c.Send(body)
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = f.Listener(ln) }()
	t.Cleanup(func() { _ = f.Shutdown() })
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	field := "access_token=" + jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe"})
	for _, tt := range []struct {
		name, body string
		chunked    bool
		want       string
	}{
		{"a small form", field, false, "joe"},
		{"a small form in chunks", field, true, ""},
		{"a form of 512 KiB", field + "&x=" + strings.Repeat("0123456789abcdef", 32<<10), false, ""},
		{"a form of 2 MiB", field + "&x=" + strings.Repeat("0123456789abcdef", 128<<10), false, ""},
		{"a form of 2 MiB in chunks", field + "&x=" + strings.Repeat("0123456789abcdef", 128<<10), true, ""},
		{"nothing", "", false, ""},
	} {
		var body io.Reader = strings.NewReader(tt.body)
		if tt.chunked {
			body = io.MultiReader(body) // whose length net/http does not know
		}
		res, err := client.Post("http://"+ln.Addr().String(), "application/x-www-form-urlencoded", body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if user := res.Header.Get("X-User"); err != nil || res.StatusCode != 200 || user != tt.want || string(got) != tt.body {
			t.Errorf("%s: got %d, %q, a body of %d bytes (as sent: %v), %v, want %q and %d bytes", tt.name, res.StatusCode, user, len(got), string(got) == tt.body, err, tt.want, len(tt.body))
		}
	}
}
