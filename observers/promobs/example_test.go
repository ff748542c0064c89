package promobs_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
	"github.com/jwtgate/jwtgate/observers/promobs"
)

// Metrics beside the log, and where Prometheus gets them.
func ExampleNew() {
	registry := prometheus.NewRegistry()
	metrics, err := promobs.New(registry, promobs.Config{})
	if err != nil {
		log.Fatal(err)
	}
	auth := core.Must(core.Config[string]{
		Keys:     jwttest.Secret(), // keys.Load in a program
		Observer: core.Observers(core.LogObserver(slog.New(slog.DiscardHandler)), metrics),
	})
	mux := http.NewServeMux()
	mux.Handle("/me", nethttpjwt.Require(auth)(http.NotFoundHandler()))
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))

	for _, path := range []string{"/me", "/me", "/metrics"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", path, nil))
		for line := range strings.Lines(w.Body.String()) {
			if strings.HasPrefix(line, "jwtgate_outcomes_total") && strings.Contains(line, "verify") {
				fmt.Print(line)
			}
		}
	}
	// Output: jwtgate_outcomes_total{action="verify",framework="net/http",kind="missing"} 2
}
