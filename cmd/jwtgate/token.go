package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

var tokenMint = command{
	name:  "token mint",
	args:  "[NAME=VALUE...]",
	short: "sign a token with these claims, for development",
	long: `The key is that of -key or of the server's environment, with its issuer and
audience. A VALUE that is JSON is taken as such, as admin=true or
roles='["a","b"]', another is text; NAME:=VALUE wants JSON. iat is now, and exp
comes after -lifetime, unless they are given; exp=null leaves it out.`,
	flags: func(fs *flag.FlagSet) runner {
		var k keyFlags
		k.declare(fs)
		lifetime := fs.Duration("lifetime", 5*time.Minute, "`time` until exp")
		typ := fs.String("typ", "JWT", "`type` in the header, as at+jwt")
		return func(ctx context.Context, e *env, args []string) (int, error) {
			cfg, _, err := k.config(e)
			if err != nil {
				return unknown, err
			}
			signer, ok := cfg.Keys.(keys.Signer)
			if cfg.Signer != nil {
				signer, ok = cfg.Signer, true
			}
			if !ok {
				return misused, usagef("the key signs nothing: name a private one, or a secret")
			}
			payload, err := e.payload(cfg.Rules, *lifetime, args)
			if err != nil {
				return misused, err
			}
			token, err := core.Encoder(signer)(ctx, map[string]any{"typ": *typ}, payload)
			if err != nil {
				return unknown, err
			}
			return yes, e.print(map[string]any{"token": token, "claims": payload}, func(w io.Writer) { fmt.Fprintln(w, token) })
		}
	},
}

// payload is that of the arguments.
func (e *env) payload(rules core.ClaimRules, lifetime time.Duration, args []string) (core.Payload, error) {
	iat := e.now().Truncate(time.Second)
	p := core.Payload{"iat": iat.Unix(), "exp": iat.Add(lifetime).Unix()}
	if rules.Issuer != "" {
		p["iss"] = rules.Issuer
	}
	switch len(rules.Audience) {
	case 0:
	case 1:
		p["aud"] = rules.Audience[0]
	default:
		p["aud"] = rules.Audience
	}
	for _, arg := range args {
		name, text, ok := strings.Cut(arg, "=")
		name, strict := strings.CutSuffix(name, ":")
		if !ok || name == "" {
			return nil, usagef("%q is no NAME=VALUE", arg)
		}
		var v any = text
		switch {
		case json.Valid([]byte(text)):
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			_ = d.Decode(&v)
		case strict:
			return nil, usagef("%s is no JSON: %s", name, text)
		}
		p[name] = v
		if v == nil {
			delete(p, name)
		}
	}
	return p, nil
}

var tokenInspect = command{
	name:  "token inspect",
	args:  "[TOKEN]",
	short: "show what stands in a token, without verifying anything",
	long: `Whoever made the token may have written whatever he liked: nothing here is proof
of anything. verify judges it. Without TOKEN it is read from -file or standard input.`,
	flags: func(fs *flag.FlagSet) runner {
		file := fs.String("file", "", "`file` with the token")
		return func(_ context.Context, e *env, args []string) (int, error) {
			token, err := e.token(args, *file)
			if err != nil {
				return unknown, err
			}
			i, err := e.inspect(token)
			if err != nil {
				return no, err
			}
			return yes, e.print(i, i.tell)
		}
	},
}

// inspected is what stands in a token.
type inspected struct {
	Verified bool              `json:"verified"` // never
	Header   json.RawMessage   `json:"header"`
	Payload  json.RawMessage   `json:"payload"`
	Dates    map[string]string `json:"dates,omitempty"` // exp, nbf and iat in words
}

func (e *env) inspect(token string) (i inspected, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return i, fmt.Errorf("a JWT has three segments, and this text has %d; verify says what it may be", len(parts))
	}
	for at, to := range []*json.RawMessage{&i.Header, &i.Payload} {
		name := []string{"header", "payload"}[at]
		text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[at], "="))
		if err != nil || !json.Valid(text) {
			return i, fmt.Errorf("the %s is no JSON in base64url", name)
		}
		*to = text
	}
	claims, err := core.ParseClaims(i.Payload)
	if err != nil {
		return i, nil // JSON, and no claims: shown as it is
	}
	i.Dates = map[string]string{}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if t, ok := claims.Time(name); ok {
			i.Dates[name] = fmt.Sprintf("%s (%s)", t.UTC().Format(time.RFC3339), apart(t, e.now()))
		}
	}
	return i, nil
}

func (i inspected) tell(w io.Writer) {
	for _, part := range []struct {
		name string
		text json.RawMessage
	}{{"header", i.Header}, {"payload", i.Payload}} {
		var b bytes.Buffer
		_ = json.Indent(&b, part.text, "", "  ")
		fmt.Fprintf(w, "%s: %s\n", part.name, plain(b.String()))
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if d := i.Dates[name]; d != "" {
			fmt.Fprintf(w, "%s: %s\n", name, d)
		}
	}
	fmt.Fprintln(w, "NOT VERIFIED: anybody could have written this.")
}

// apart is how far a time is from now.
func apart(t, now time.Time) string {
	switch d := t.Sub(now).Round(time.Second); {
	case d > 0:
		return "in " + d.String()
	case d < 0:
		return (-d).String() + " ago"
	}
	return "now"
}

// plain leaves out what a terminal would obey.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
