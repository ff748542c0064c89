package conform

import (
	"bufio"
	"cmp"
	"net"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberjwt"
)

// Fiber is Fiber v2.
var Fiber = Mount{"fiber", serveFiber}

func serveFiber(t testing.TB, app *App) string {
	show := func(handle func(Seen) core.Response) fiber.Handler {
		return func(c *fiber.Ctx) error {
			seen := Seen{Context: c.UserContext(), Stored: c.Locals(fiberjwt.Key)}
			seen.User, seen.HasUser = fiberjwt.Identity[*User](c)
			seen.Claims, seen.HasClaims = fiberjwt.Claims(c)
			res := handle(seen)
			for name := range res.Header {
				c.Set(name, res.Header.Get(name))
			}
			return c.Status(res.Status).Send(res.Body)
		}
	}
	// Fiber's own 4 KiB for all fields together are less than one token may take.
	f := fiber.New(fiber.Config{ReadBufferSize: cmp.Or(app.readBuffer, 16<<10), DisableStartupMessage: true})
	for _, route := range app.Routes {
		chain := []fiber.Handler{func(c *fiber.Ctx) error {
			for _, outer := range route.Outer {
				c.Response().Header.Add(outer[0], outer[1])
			}
			return c.Next()
		}}
		for _, gate := range route.Gates {
			chain = append(chain, fiberjwt.Use(gate))
		}
		f.All(route.Path, append(chain, show(route.Handle))...)
	}
	fiberjwt.Mount(f, app.Endpoints...)
	require := fiberjwt.Require(app.Auth)
	f.Post("/login", fiberjwt.Login(app.Auth))
	f.All("/me", require, show(Show))
	f.All("/optional", fiberjwt.Optional(app.Auth), show(Show))
	f.All("/new", fiberjwt.New(app.Config), show(Show))
	f.Get("/item", require, show(Show))
	f.Group("/api", require).Get("/item", show(Show))
	f.Get("/stream", require, func(c *fiber.Ctx) error {
		user, _ := fiberjwt.Identity[*User](c)
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
			app.Stream(user, w, func() { _ = w.Flush() })
		})
		return nil
	})
	f.Get("/upgrade", require, func(c *fiber.Ctx) error {
		user, _ := fiberjwt.Identity[*User](c)
		c.Set("Connection", "Upgrade")
		c.Set("Upgrade", "lines")
		c.Status(fiber.StatusSwitchingProtocols)
		c.Context().Hijack(func(conn net.Conn) { app.Upgraded(user, conn) })
		return nil
	})
	return listenFiber(t, f)
}

// listenFiber serves a Fiber app until the test ends.
func listenFiber(t testing.TB, f *fiber.App) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = f.Listener(ln) }()
	t.Cleanup(func() { _ = f.ShutdownWithTimeout(0) })
	return ln.Addr().String()
}
