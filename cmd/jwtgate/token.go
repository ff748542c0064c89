package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/explain"
	"github.com/jwtgate/jwtgate/core/keys"
)

var tokenMint = command{
	name:  "token mint",
	args:  "[NAME=VALUE...]",
	short: "sign a token with these claims, for development",
	long: `The key is that of -key or of the server's environment, with its issuer and
audience. A VALUE that is JSON is taken as such, as admin=true or
roles='["a","b"]', another is text; sub, iss, jti and aud are text also if they are
a number. exp, nbf and iat are seconds, a time as 2030-01-31T08:00:00Z, or one from
now, as 10m or -1h; iat is now, and exp comes after -lifetime, unless they are given.
NAME:=VALUE is JSON whatever the NAME, and NAME=null leaves it out.`,
	flags: func(fs *flag.FlagSet) runner {
		var k keyFlags
		k.declare(fs)
		lifetime := fs.Duration("lifetime", 0, "`time` until exp; 0: that of the server's environment, or 5m")
		typ := fs.String("typ", "JWT", "`type` in the header, as at+jwt")
		return func(ctx context.Context, e *env, args []string) (int, error) {
			cfg, _, err := k.config(e)
			if err != nil {
				return blame(err), err
			}
			signer, ok := cfg.Keys.(keys.Signer)
			if cfg.Signer != nil {
				signer, ok = cfg.Signer, true
			}
			if !ok || !canSign(signer) {
				return misused, usagef("the key signs nothing: name a private one, or a secret")
			}
			payload, err := e.payload(cfg.Rules, cmp.Or(*lifetime, cfg.Lifetime, 5*time.Minute), args)
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
	given := map[string]bool{}
	for _, arg := range args {
		name, text, ok := strings.Cut(arg, "=")
		name, strict := strings.CutSuffix(name, ":")
		switch {
		case !ok || name == "":
			return nil, usagef("%q is no NAME=VALUE", arg)
		case given[name]:
			return nil, usagef("%s is there twice; a list is written as %s='[\"a\",\"b\"]'", name, name)
		case strict && !json.Valid([]byte(text)):
			return nil, usagef("%s is no JSON: %s", name, text)
		}
		given[name] = true
		v, err := claim(name, text, strict, iat)
		if err != nil {
			return nil, err
		}
		if p[name] = v; v == nil {
			delete(p, name)
		}
	}
	return p, nil
}

// claim is the value that a text stands for; nil leaves it out.
func claim(name, text string, strict bool, now time.Time) (any, error) {
	valid := json.Valid([]byte(text))
	_, notNumber := strconv.ParseFloat(text, 64)
	isNumber := valid && (notNumber == nil || errors.Is(notNumber, strconv.ErrRange))
	switch {
	case text == "null":
		return nil, nil
	case strict:
	case slices.Contains([]string{"exp", "nbf", "iat"}, name) && !isNumber:
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.Unix(), nil
		}
		if d, err := time.ParseDuration(text); err == nil {
			return now.Add(d).Unix(), nil
		}
		return nil, usagef("%s=%s is no time: write seconds, 2030-01-31T08:00:00Z, or 10m for one from now; %s:=VALUE takes any JSON", name, text, name)
	case !valid || isNumber && slices.Contains([]string{"sub", "iss", "jti", "aud"}, name):
		return text, nil
	}
	return json.RawMessage(text), nil // with every digit and name, as it is written
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
	// Malformed is why no server takes it, whatever its keys and rules.
	Malformed string `json:"malformed,omitempty"`
}

func (e *env) inspect(token string) (i inspected, err error) {
	if err := malformed(token); err != nil {
		i.Malformed = err.Error()
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return i, errors.New(i.Malformed)
	}
	for at, to := range []*json.RawMessage{&i.Header, &i.Payload} {
		name := []string{"header", "payload"}[at]
		text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[at], "="))
		if err != nil || !json.Valid(text) {
			return i, errors.New(cmp.Or(i.Malformed, "the "+name+" is no JSON in base64url"))
		}
		*to = text
	}
	claims, err := core.ParseClaims(i.Payload)
	if err != nil { // JSON, and no claims: shown as it is
		i.Malformed = cmp.Or(i.Malformed, "the payload is no JSON object, or has a name twice")
		return i, nil
	}
	i.Dates = map[string]string{}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if t, ok := claims.Time(name); ok {
			i.Dates[name] = explain.Date(t, e.now())
		}
	}
	return i, nil
}

// malformed asks a decoder why no server could read the text, whatever its keys.
func malformed(token string) error {
	key, err := keys.NewSecret([]byte(rand.Text() + rand.Text()))
	if err != nil {
		return err
	}
	_, err = core.Decoder(key, core.ClaimRules{InsecureAnyAudience: true, MaxTokenBytes: 1 << 20})(context.Background(), token)
	if e, ok := errors.AsType[*core.Error](err); ok && e.Kind == core.Malformed {
		return e.Cause
	}
	return nil
}

func (i inspected) tell(w io.Writer) {
	for _, part := range []struct {
		name string
		text json.RawMessage
	}{{"header", i.Header}, {"payload", i.Payload}} {
		var b bytes.Buffer
		_ = json.Indent(&b, part.text, "", "  ")
		fmt.Fprintf(w, "%s: %s\n", part.name, escaped(b.String()))
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if d := i.Dates[name]; d != "" {
			fmt.Fprintf(w, "%s: %s\n", name, d)
		}
	}
	if i.Malformed != "" {
		fmt.Fprintf(w, "no server takes it: %s\n", escaped(i.Malformed))
	}
	fmt.Fprintln(w, "NOT VERIFIED: anybody could have written this.")
}
