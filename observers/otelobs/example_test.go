package otelobs_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
	"github.com/jwtgate/jwtgate/observers/otelobs"
)

// What a gate says becomes an event of the span that the request is in.
func ExampleNew() {
	spans := tracetest.NewSpanRecorder() // an exporter in a program
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	observer, err := otelobs.New(otelobs.Config{TracerProvider: tracer})
	if err != nil {
		log.Fatal(err)
	}
	auth := core.Must(core.Config[string]{
		Keys:     jwttest.Secret(), // keys.Load in a program
		Observer: observer,
	})
	me := nethttpjwt.Require(auth)(http.NotFoundHandler())

	ctx, span := tracer.Tracer("shop").Start(context.Background(), "GET /me") // otelhttp does this
	me.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/me", nil))
	span.End()

	for _, event := range spans.Ended()[0].Events() {
		fmt.Println(event.Name)
		for _, a := range event.Attributes {
			if a.Key == "error.type" {
				fmt.Println(a.Key, a.Value.AsString())
			}
		}
	}
	// Output:
	// jwtgate.verify
	// error.type missing
}
