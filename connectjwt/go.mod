module github.com/jwtgate/jwtgate/connectjwt

go 1.26.0

require (
	connectrpc.com/connect v1.18.1
	github.com/jwtgate/jwtgate v0.1.0
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260226221140-a57be14db171
	google.golang.org/protobuf v1.36.11
)

require github.com/golang-jwt/jwt/v5 v5.3.0 // indirect
