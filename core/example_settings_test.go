package core_test

import (
	"fmt"
	"log"

	"github.com/jwtgate/jwtgate/core"
)

// Settings come from the environment, under the names of Flask-JWT where it had
// one. The order of the statements is the only precedence.
func ExampleConfig_ReadEnv() {
	environ := []string{ // os.Environ(), in life
		"JWT_SECRET_KEY=an example's secret, known to all who read it",
		"JWT_LEEWAY=10",
		"JWT_DEFAULT_REALM=orders",
		"JWT_TOKEN_LOCATION=headers,cookies",
	}
	cfg := core.Config[string]{Realm: "api"}
	if err := cfg.ReadEnv("JWT_", environ); err != nil {
		log.Fatal(err)
	}
	cfg.Rules.Issuer = "https://login.example.com" // whatever the environment says

	fmt.Println(cfg.Keys, cfg.Rules.Leeway, cfg.Realm, len(cfg.Sources))
	if _, err := core.New(cfg); err != nil {
		log.Fatal(err)
	}

	// A misspelt setting must not pass silently.
	fmt.Println(cfg.ReadEnv("JWT_", []string{"JWT_AUDIENSE=orders", "JWT_LEEWAY=1h"}))
	// Output:
	// Key{HS256, can sign} 10s orders 2
	// jwtgate: JWT_AUDIENSE: there is no such setting; did you mean JWT_AUDIENCE?
	// jwtgate: JWT_LEEWAY: "1h" is no time from 0s to 5m; write whole seconds, as 90, or a duration, as 1m30s
}
