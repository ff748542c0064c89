module github.com/jwtgate/jwtgate/echov5jwt

go 1.26.0

require (
	github.com/jwtgate/jwtgate v0.1.0
	github.com/labstack/echo/v5 v5.4.5
)

require github.com/golang-jwt/jwt/v5 v5.3.0 // indirect
