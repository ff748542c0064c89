package fiberv3jwt_test

import (
	"bufio"
	"bytes"
	"cmp"
	"net"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
	"github.com/jwtgate/jwtgate/internal/doctable"
)

// mount is Fiber v3.
var mount = adaptertest.Mount{Name: "fiber v3", Framework: "fiber", Serve: serve, NoDisconnect: true, Before: map[string]string{
	"PROPFIND of Mount's login":                     "501",
	"PROPFIND of a route for all methods, no token": "501",
	"a method in lower case":                        "501",
	"an unknown method":                             "501",
	"a method that is no token":                     "501",
	"an empty line before the request":              "200",
	"HTTP/2.0":                                      "200",
	"HTTP/0.9":                                      "200",
	"a bad escape in the path":                      "404",
	"`OPTIONS *`":                                   "404",
	"a # in the target":                             "200",
	"`Host: a%61`":                                  "400",
	"an empty Host":                                 "400",
	"an empty Host beside an absolute form":         "400",
	"lines that end with LF alone":                  "none",
	"one field of 17 KiB":                           "431",
	"a token of 1 MB of dots":                       "431",
	"a target of 17 KiB":                            "431",
	"no token and 5 MiB":                            "413",
	"no token, and a body that does not come":       "none",
	"Content-Length twice, equal":                   "400",
	"`Transfer-Encoding: gzip, chunked`":            "400",
	"Transfer-Encoding in HTTP/1.0":                 "200 or 400",
	"a broken chunk, no token":                      "400",
	"a trailer called Authorization":                "400",
	"a broken multipart form at the login":          "400",
	"`Expect: something`":                           "200",
	"the group itself, no token":                    "401",
	"a slash more":                                  "200",
	"`//me`":                                        "404",
	"`//me`, no token":                              "404",
	"`/./me`, no token":                             "404",
	"`/./me`":                                       "404",
	"`/x/../me`":                                    "404",
	"`/ME`":                                         "200",
	"`/%6De`":                                       "404",
	"`/api/../item`, no token":                      "401",
}}

func TestConform(t *testing.T) { adaptertest.Run(t, mount) }

func TestBefore(t *testing.T) { doctable.Check(t, "Fiber v3", mount) }

func serve(t testing.TB, app *adaptertest.App) string {
	show := func(handle func(adaptertest.Seen) core.Response) fiber.Handler {
		return func(c fiber.Ctx) error {
			seen := adaptertest.Seen{Context: c.Context(), Own: c, Stored: c.Locals(fiberv3jwt.Key), Body: bytes.NewReader(c.Body())}
			seen.User, seen.HasUser = fiberv3jwt.Identity[*adaptertest.User](c)
			seen.Claims, seen.HasClaims = fiberv3jwt.Claims(c)
			res := handle(seen)
			for name := range res.Header {
				c.Set(name, res.Header.Get(name))
			}
			return c.Status(res.Status).Send(res.Body)
		}
	}
	// Fiber's own 4 KiB for all fields together are less than one token may take.
	f := fiber.New(fiber.Config{ReadBufferSize: cmp.Or(app.HeaderBytes, 16<<10)})
	for _, route := range app.Routes {
		chain := []any{func(c fiber.Ctx) error {
			for _, outer := range route.Outer {
				c.Response().Header.Add(outer[0], outer[1])
			}
			return c.Next()
		}}
		for _, gate := range route.Gates {
			chain = append(chain, fiberv3jwt.Use(gate))
		}
		f.All(route.Path, chain[0], append(chain[1:], show(route.Handle))...)
	}
	fiberv3jwt.Mount(f, app.Endpoints...)
	require := fiberv3jwt.Require(app.Auth)
	f.Post("/login", fiberv3jwt.Login(app.Auth))
	f.All("/me", require, show(adaptertest.Show))
	f.All("/optional", fiberv3jwt.Optional(app.Auth), show(adaptertest.Show))
	f.All("/new", fiberv3jwt.New(app.Config), show(adaptertest.Show))
	f.Get("/item", require, show(adaptertest.Show))
	f.Group("/api", require).Get("/item", show(adaptertest.Show))
	f.Get("/stream", require, func(c fiber.Ctx) error {
		user, _ := fiberv3jwt.Identity[*adaptertest.User](c)
		c.RequestCtx().SetBodyStreamWriter(func(w *bufio.Writer) {
			app.Stream(user, w, func() { _ = w.Flush() })
		})
		return nil
	})
	f.Get("/upgrade", require, func(c fiber.Ctx) error {
		user, _ := fiberv3jwt.Identity[*adaptertest.User](c)
		c.Set("Connection", "Upgrade")
		c.Set("Upgrade", "lines")
		c.Status(fiber.StatusSwitchingProtocols)
		c.RequestCtx().Hijack(func(conn net.Conn) { app.Upgraded(user, conn) })
		return nil
	})
	ln := app.Listen(t)
	go func() { _ = f.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() { _ = f.ShutdownWithTimeout(0) })
	return ln.Addr().String()
}
