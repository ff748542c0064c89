package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// keyFlags say what judges or signs a token: each stands for a setting of the server,
// so that both read it alike. Without one the server's own environment is taken.
type keyFlags struct {
	key, jwks, oidc    string
	alg, issuer        string
	audience, required string
	leeway, prefix     string
}

func (k *keyFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&k.key, "key", "", "`file` with a secret, or a key in PEM or as JWK; - is standard input")
	fs.StringVar(&k.alg, "alg", "", "`algorithm` of the key, as JWT_ALGORITHM")
	fs.StringVar(&k.prefix, "prefix", "JWT_", "`prefix` of the server's variables, if no key is named")
}

func (k *keyFlags) declareRules(fs *flag.FlagSet) {
	fs.StringVar(&k.jwks, "jwks", "", "`file or URL` of a JWK Set")
	fs.StringVar(&k.oidc, "oidc", "", "`issuer` whose keys are found by OpenID Connect Discovery")
	fs.StringVar(&k.issuer, "iss", "", "`issuer` that tokens must have")
	fs.StringVar(&k.audience, "aud", "", "`names`, comma between them, of which aud must have one")
	fs.StringVar(&k.required, "require", "", "`claims`, comma between them, that must be there")
	fs.StringVar(&k.leeway, "leeway", "", "`time` that clocks may be apart, as 30s")
}

var publicPart = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*(PUBLIC KEY|CERTIFICATE)-----`)

// config is what the flags, or the environment, configure. notes tell what is not
// looked at therefore.
func (k *keyFlags) config(e *env) (cfg core.Config[*core.Claims], notes []string, err error) {
	cfg.Now = e.now
	if k.key == "" && k.jwks == "" && k.oidc == "" {
		if err = cfg.ReadEnv(k.prefix, e.environ); err == nil && cfg.Keys == nil {
			err = usagef("there is no key: name one by a flag, or set the server's variables, %sSECRET_KEY_FILE and so on", k.prefix)
		}
		return cfg, nil, err // with the server's rules, as they are
	}
	if k.key != "" && k.jwks != "" || k.key != "" && k.oidc != "" || k.jwks != "" && k.oidc != "" {
		return cfg, nil, usagef("one of -key, -jwks and -oidc")
	}
	rest := *k
	if k.key != "" { // read once: it may be a pipe
		text, err := e.readFile(k.key)
		if err != nil {
			return cfg, nil, fmt.Errorf("-key: %w", err)
		}
		if rest.key = string(text); json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) && bytes.ContainsAny(text, "{") {
			if cfg.Keys, err = k.jwk(text); err != nil {
				return cfg, nil, fmt.Errorf("-key: %w", err)
			}
			rest.key, rest.alg = "", ""
		}
	}
	if err := cfg.ReadEnv("JWT_", rest.settings()); err != nil {
		return cfg, nil, inFlags{err}
	}
	if cfg.Rules.Audience == nil {
		cfg.Rules.InsecureAnyAudience = true
		notes = append(notes, "aud is not compared; with -aud it would be")
	}
	if cfg.Rules.Issuer == "" && k.oidc == "" {
		cfg.Rules.InsecureAnyIssuer = true
		notes = append(notes, "iss is not compared; with -iss it would be")
	}
	return cfg, notes, nil
}

// jwk is the key, or the set, of a JSON text, which no variable takes.
func (k *keyFlags) jwk(text []byte) (keys.Source, error) {
	var opts []keys.Option
	if k.alg != "" {
		opts = append(opts, keys.WithAlgorithm(k.alg))
	}
	if isSet(text) {
		set, err := keys.ParseSet(text, opts...)
		return set, err
	}
	key, err := keys.Parse(text, opts...)
	return key, err
}

// inFlags is an error that speaks of flags where it spoke of variables.
type inFlags struct{ error }

func (e inFlags) Unwrap() error { return e.error }
func (e inFlags) Error() string { return asFlags.Replace(e.error.Error()) }

var asFlags = strings.NewReplacer("JWT_SECRET_KEY_FILE", "-key", "JWT_PUBLIC_KEY_FILE", "-key", "JWT_SECRET_KEY", "-key", "JWT_PUBLIC_KEY", "-key",
	"JWT_JWKS_FILE", "-jwks", "JWT_JWKS_URL", "-jwks", "JWT_OIDC_ISSUER", "-oidc", "JWT_ALGORITHM", "-alg", "JWT_ISSUER", "-iss",
	"JWT_AUDIENCE", "-aud", "JWT_REQUIRED_CLAIMS", "-require", "JWT_LEEWAY", "-leeway")

// settings are the flags, with the text of the key, as the server's variables.
func (k *keyFlags) settings() (environ []string) {
	set := func(name, value string) {
		if value != "" {
			environ = append(environ, "JWT_"+name+"="+value)
		}
	}
	name := "SECRET_KEY"
	if publicPart.MatchString(k.key) {
		name = "PUBLIC_KEY"
	}
	line, ended := strings.CutSuffix(k.key, "\n") // as of a file that a variable names
	if ended {
		line = strings.TrimSuffix(line, "\r")
	}
	set(name, line)
	name = "JWKS_FILE"
	if strings.Contains(k.jwks, "://") {
		name = "JWKS_URL"
	}
	set(name, k.jwks)
	set("OIDC_ISSUER", k.oidc)
	set("ALGORITHM", k.alg)
	set("ISSUER", k.issuer)
	set("AUDIENCE", k.audience)
	set("REQUIRED_CLAIMS", k.required)
	set("LEEWAY", k.leeway)
	return environ
}

// decoder is the one that a gate of this Config has.
func decoder(cfg core.Config[*core.Claims]) (decode core.DecodeHandler, err error) {
	defer func() {
		if p := recover(); p != nil { // what is wrong with the rules, as New would say
			err = fmt.Errorf("%v", p)
		}
	}()
	rules := cfg.Rules
	rules.Now = cfg.Now
	return core.Decoder(cfg.Keys, rules), nil
}

// bounded bounds what asks somebody else.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 10*time.Second)
}

// token is the one that is named by the arguments, a file or standard input.
func (e *env) token(args []string, file string) (string, error) {
	if len(args) > 0 && file != "" || len(args) > 1 {
		return "", usagef("one token: as an argument, by -file, or from standard input")
	}
	if len(args) == 1 && args[0] != "-" {
		return args[0], nil
	}
	text, err := e.readFile(file)
	if err != nil {
		return "", err
	}
	if token := strings.TrimSpace(string(text)); token != "" { // a file's last line has an end
		return token, nil
	}
	return "", usagef("there is no token")
}
