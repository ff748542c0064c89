package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
)

var version = command{
	name:  "version",
	short: "print which version this is",
	flags: func(*flag.FlagSet) runner {
		return func(_ context.Context, e *env, _ []string) (int, error) {
			v := map[string]string{"version": "(devel)"}
			if info, ok := debug.ReadBuildInfo(); ok {
				v["version"], v["go"] = info.Main.Version, info.GoVersion
			}
			return yes, e.print(v, func(w io.Writer) { fmt.Fprintf(w, "jwtgate %s, %s\n", v["version"], v["go"]) })
		}
	},
}
