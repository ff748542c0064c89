//go:build unix

package keys_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/jwtgate/jwtgate/core/keys"
)

// Reload on SIGHUP, as daemons do: kill -HUP, after the files are in place.
func ExampleDir_Reload() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	keep(dir, "1.pem")
	ring, err := keys.LoadDir(dir, keys.RingConfig{}) // with an Observer, in life: it is told what is wrong
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	reloaded := make(chan error)
	go func() {
		for {
			select {
			case <-hangup:
				reloaded <- ring.Reload(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()

	keep(dir, "2.pem")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil { // the operator
		log.Fatal(err)
	}
	fmt.Println(<-reloaded, len(ring.Keys()), "keys")
	// Output: <nil> 2 keys
}
