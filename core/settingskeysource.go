package core

import (
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/keys"
)

// keySources are the settings that say where keys are to be found. One of them,
// or SECRET_KEY and PUBLIC_KEY, is all there can be: who may sign must not depend
// on which of two the program looks at first. (Not a map: the order is that of
// the errors.)
var keySources = []struct {
	name string
	open func(r *reading, where, alg string) (keys.Source, error)
}{
	{"KEY_DIR", (*reading).openKeyDir},
	{"JWKS_FILE", (*reading).openKeySetFile},
	{"JWKS_URL", (*reading).openKeySetURL},
	{"OIDC_ISSUER", (*reading).openOIDC},
}

// otherKeySource returns the name of a setting that names keys, and is not the
// one given; "" if there is none.
func (r *reading) otherKeySource(name string) string {
	for _, other := range keySettings() {
		if _, ok := r.values[other]; ok && other != name {
			return other
		}
	}
	return ""
}

// keySettings are the names of all settings that say which the keys are.
func keySettings() []string {
	names := []string{"SECRET_KEY", "SECRET_KEY_FILE", "PUBLIC_KEY", "PUBLIC_KEY_FILE"}
	for _, s := range keySources {
		names = append(names, s.name)
	}
	return names
}

// readKeySource reads the settings of keySources. It is done if one of them is
// there, whether right or wrong.
func (r *reading) readKeySource(alg jws.Algorithm, insecure map[string]keys.Option) (done bool) {
	for _, s := range keySources {
		value, ok := r.values[s.name]
		if !ok {
			done = done || r.failed[s.name]
			continue
		}
		if other := r.otherKeySource(s.name); other != "" {
			r.bad(s.name, "keys come from one of them; a provider beside our own keys is Config.Providers, in the program", "%s is set too", r.full(other))
			return true
		}
		done = true
		r.noSecret(insecure, "unset it", "there is no secret in %s", r.full(s.name))
		r.noEncoding("unset it", "what %s names is read as it is", r.full(s.name))
		where, ok := r.text(s.name, value)
		switch {
		case !ok:
			continue
		case strings.HasPrefix(where, "{") || strings.Contains(where, "-----BEGIN"):
			r.bad(s.name, "set it to where keys are found", "it is the text of a key") // which an error must not hold
			continue
		case r.elsewhere(s.name, where):
			continue
		}
		source, err := s.open(r, where, alg.Name)
		if err != nil {
			r.blame(s.name, err)
			continue
		}
		r.keys, r.signer = source, nil // New makes it the signer, if it can sign
	}
	return done
}

// elsewhere refuses what belongs into another of keySources.
func (r *reading) elsewhere(name, where string) bool {
	issuer, rest, wellKnown := strings.Cut(where, "/.well-known/")
	isURL := keycheck.IsURL(where)
	switch {
	case name == "OIDC_ISSUER" && wellKnown:
		return r.refuseURL(name, where)
	case name == "JWKS_URL" && wellKnown && (strings.HasPrefix(rest, "openid-configuration") || strings.HasPrefix(rest, "oauth-authorization-server")):
		r.bad(name, fmt.Sprintf("set %sOIDC_ISSUER to %s in its place", r.prefix, issuer), "%.200q is where an issuer's metadata are, and no key set", where)
	case (name == "JWKS_FILE" || name == "KEY_DIR") && isURL:
		r.bad(name, fmt.Sprintf("set %sJWKS_URL to have it fetched", r.prefix), "it is a URL, and a path is wanted")
	case (name == "JWKS_URL" || name == "OIDC_ISSUER") && !isURL && keycheck.IsPath(where):
		r.bad(name, fmt.Sprintf("set %sJWKS_FILE to have it read", r.prefix), "it is the path of a file, and a URL is wanted")
	default:
		return false
	}
	return true
}

// keyAlgorithm is ALGORITHM for keys that do not name their own.
func keyAlgorithm(alg string) (opts []keys.Option) {
	if alg != "" {
		opts = append(opts, keys.WithAlgorithm(alg))
	}
	return opts
}

func (r *reading) openKeyDir(where, alg string) (keys.Source, error) {
	return notNil(keys.LoadDir(where, keys.RingConfig{Lifetime: r.lifetime, Now: r.now, Observer: KeyObserver(r.observer)}, keyAlgorithm(alg)...))
}

func (r *reading) openKeySetFile(where, alg string) (keys.Source, error) {
	return notNil(keys.LoadSetFile(where, keys.SetFileConfig{Observer: KeyObserver(r.observer)}, keyAlgorithm(alg)...))
}

func (r *reading) openKeySetURL(where, alg string) (keys.Source, error) {
	return notNil(keys.NewRemote(where, r.remoteConfig(alg)))
}

func (r *reading) openOIDC(where, alg string) (keys.Source, error) {
	return notNil(keys.NewOIDC(where, r.remoteConfig(alg)))
}

func (r *reading) remoteConfig(alg string) keys.RemoteConfig {
	cfg := keys.RemoteConfig{Now: r.now, Observer: KeyObserver(r.observer)}
	if alg != "" {
		cfg.Algorithms = []string{alg}
	}
	return cfg
}

// notNil keeps a nil pointer from becoming a keys.Source that is not nil.
func notNil[S keys.Source](s S, err error) (keys.Source, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
