package localissuer

import (
	"net/http"
	"strings"
)

// Several are issuers of one process, each below a path of its own. Of those whose
// paths fit, the longest answers.
type Several []*Issuer

// ServeHTTP implements http.Handler.
func (s Several) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/.well-known/oauth-authorization-server")
	var best *Issuer
	for _, i := range s {
		if (path == i.path || strings.HasPrefix(path, i.path+"/")) && (best == nil || len(i.path) > len(best.path)) {
			best = i
		}
	}
	if best == nil {
		http.NotFound(w, r)
		return
	}
	best.ServeHTTP(w, r)
}
