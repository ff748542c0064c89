package conform

import (
	"io"
	"net/http/httptest"
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
		r := httptest.NewRequest("POST", "/", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if tt.chunked {
			r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
		}
		res, err := f.Test(r, -1)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if user := res.Header.Get("X-User"); err != nil || res.StatusCode != 200 || user != tt.want || string(body) != tt.body {
			t.Errorf("%s: got %d, %q, a body of %d bytes (as sent: %v), %v, want %q and %d bytes", tt.name, res.StatusCode, user, len(body), string(body) == tt.body, err, tt.want, len(tt.body))
		}
	}
}
