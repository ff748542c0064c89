package snippet

import "net/http"

// chat is a handler of a WebSocket.
var chat http.Handler
