package snippet

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/labstack/echo/v4"
)

// Each framework's router, by the name that its own documentation uses.
var (
	router *gin.Engine
	e      *echo.Echo
	app    *fiber.App
	mux    *http.ServeMux
)
