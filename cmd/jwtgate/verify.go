package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/explain"
)

var verify = command{
	name:  "verify",
	args:  "[TOKEN]",
	short: "say step by step why a token is accepted or refused",
	long: `It asks the decoder that a gate asks, so it never disagrees with a server of the
same settings: those of the environment, as JWT_PUBLIC_KEY_FILE and JWT_AUDIENCE,
or those of the flags. It shows what stands in the token; keep its output to
yourself. Without TOKEN it is read from -file or standard input, where no list of
processes shows it.

It knows no sessions, deny lists, users or guards: those the server alone can ask.`,
	flags: func(fs *flag.FlagSet) runner {
		var k keyFlags
		k.declare(fs)
		k.declareRules(fs)
		file := fs.String("file", "", "`file` with the token")
		return func(ctx context.Context, e *env, args []string) (int, error) {
			token, err := e.token(args, *file)
			if err != nil {
				return unknown, err
			}
			cfg, notes, err := k.config(e)
			if err != nil {
				return blame(err), err
			}
			decode, err := decoder(cfg)
			if err != nil {
				return blame(err), err
			}
			ctx, cancel := bounded(ctx)
			defer cancel()
			if c, ok := cfg.Keys.(io.Closer); ok {
				defer c.Close()
			}
			rules := cfg.Rules
			rules.Now = e.now
			v := verdict{NotLooked: notes}
			v.Report = explain.Token(ctx, func(ctx context.Context, token string) (*core.Claims, error) {
				claims, err := decode(ctx, token)
				if err == nil {
					v.Claims, err = claims.MarshalJSON()
				}
				return claims, err
			}, rules, token)
			if v.Accepted = v.Report.Accepted(); !v.Accepted {
				v.Kind = v.Report.Kind.String()
			}
			return v.status(), e.print(v, v.tell)
		}
	},
}

// verdict is what verify says.
type verdict struct {
	Accepted bool   `json:"accepted"`
	Kind     string `json:"kind,omitempty"`
	explain.Report
	NotLooked []string        `json:"not_compared,omitempty"`
	Claims    json.RawMessage `json:"claims,omitempty"`
}

func (v verdict) status() int {
	switch v.Report.Kind {
	case 0:
		return yes
	case core.Unavailable, core.Internal:
		return unknown
	}
	return no
}

func (v verdict) tell(w io.Writer) {
	fmt.Fprint(w, escaped(v.Report.String()))
	for _, note := range v.NotLooked {
		fmt.Fprintf(w, "note: %s\n", note)
	}
	if v.Accepted {
		fmt.Fprintf(w, "claims: %s\n", escaped(string(v.Claims)))
	}
}
