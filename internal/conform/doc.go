// Package conform puts core/adaptertest's application on net/http, Gin, Echo and
// Fiber v2, and holds what is told of the frameworks to what they do.
package conform

import "github.com/jwtgate/jwtgate/core/adaptertest"

// Mounts are the frameworks that there are adapters for in this module.
var Mounts = []adaptertest.Mount{NetHTTP, Gin, Echo, Fiber}
