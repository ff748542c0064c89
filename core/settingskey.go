package core

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/pemkey"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// envKey is the text of a key, from a variable or from the file it names.
type envKey struct {
	name string // the setting's
	text string // "" if the environment has none
	open error  // what is wrong with who may read its file
}

func (k envKey) set() bool { return k.name != "" }

func (k envKey) pem() bool { return strings.Contains(k.text, "-----BEGIN") }

// keyText is the PEM with its line breaks: many places that hold an environment
// have lines, so \n is written for a break. No PEM has a backslash in it.
func (r *reading) keyText(k envKey) pemkey.Text {
	return pemkey.Text{About: r.full(k.name), Open: k.open, Data: []byte(strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(k.text))}
}

// readKeys reads all settings about the key. They make sense together only.
func (r *reading) readKeys() {
	alg, algOK := r.readAlgorithm()
	insecure, insecureOK := r.readInsecureSecret()
	if algOK && insecureOK && r.readKeySource(alg, insecure) {
		return
	}
	secret, secretOK := r.readKey("SECRET_KEY")
	public, publicOK := r.readKey("PUBLIC_KEY")
	if !algOK || !insecureOK || !secretOK || !publicOK {
		return
	}
	var key *keys.Key
	switch {
	case !secret.set() && !public.set():
		r.keepKey(alg, insecure)
		r.noEncoding(fmt.Sprintf("set %sSECRET_KEY, or unset it", r.prefix), "there is no key in the environment")
	case secret.set() && !secret.pem():
		key = r.secretKey(secret, public, alg, insecure)
	default:
		key = r.pemKey(secret, public, alg, insecure)
	}
	if key != nil {
		r.keys, r.signer = key, nil // New makes the key the signer, if it can sign
	}
}

func (r *reading) readAlgorithm() (a jws.Algorithm, ok bool) {
	const name = "ALGORITHM"
	value, ok := r.values[name]
	if !ok {
		return a, !r.failed[name]
	}
	if value, ok = r.text(name, value); !ok {
		return a, false
	}
	if r.refuseJSON(name, value) {
		return a, false
	}
	if a, ok = jws.Lookup(value); !ok {
		r.bad(name, "", "%s", jws.Unknown(value))
	}
	return a, ok
}

// insecureSecrets are the settings that let a secret be a bad one.
var insecureSecrets = []struct {
	name   string
	option func() keys.Option
	fix    string
}{
	{"INSECURE_SHORT_SECRET", keys.InsecureShortSecret, "use a secret that is long enough"},
	{"INSECURE_GUESSABLE_SECRET", keys.InsecureGuessableSecret, "use a secret that was made at random"},
}

// readInsecureSecret returns which of insecureSecrets are on, by their names.
func (r *reading) readInsecureSecret() (on map[string]keys.Option, ok bool) {
	on, ok = make(map[string]keys.Option), true
	for _, s := range insecureSecrets {
		value, there := r.values[s.name]
		if !there {
			ok = ok && !r.failed[s.name]
			continue
		}
		yes, err := strconv.ParseBool(strings.TrimSpace(value))
		if err != nil {
			// Without the value: somebody may have put the secret here.
			r.bad(s.name, fmt.Sprintf("unset it, and %s", s.fix), "it is neither 1 nor 0")
			ok = false
		}
		if yes {
			on[s.name] = s.option()
		}
	}
	return on, ok
}

// noSecret says of the insecureSecrets that are on that there is no secret.
func (r *reading) noSecret(on map[string]keys.Option, fix, found string, args ...any) {
	for _, s := range insecureSecrets {
		if on[s.name] != nil {
			r.bad(s.name, fix, found, args...)
		}
	}
}

// readKey reads one key's text. It is not ok if there is a mistake in it.
func (r *reading) readKey(name string) (k envKey, ok bool) {
	file := name + "_FILE"
	value, inline := r.values[name]
	path, inFile := r.values[file]
	switch {
	case r.failed[name] || r.failed[file]:
		return k, false
	case inline && inFile:
		r.bad(file, "set one of them", "%s%s is set too", r.prefix, name)
		return k, false
	case inFile:
		name = file
		if path, ok = r.text(name, path); !ok {
			return k, false
		}
		data, open, err := pemkey.ReadFile(path)
		if err != nil {
			if name != "PUBLIC_KEY_FILE" && !keycheck.IsPath(path) {
				err = withoutPath(err)
			}
			r.bad(name, "", "the file cannot be read: %w", err)
			return k, false
		}
		k.open = open
		value = string(data)
		if line, ended := strings.CutSuffix(value, "\n"); ended {
			value = strings.TrimSuffix(line, "\r")
		}
	case !inline:
		return k, true
	}
	if value, ok = r.decoded(name, value); !ok {
		return k, false
	}
	if strings.TrimSpace(value) == "" {
		r.bad(name, "a secret is made with: openssl rand -hex 32", "there is no key in it")
		return k, false
	}
	return envKey{name, value, k.open}, true
}

// withoutPath takes the path out of an error: whoever put the secret itself
// where its path belongs should not find it in a log.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// keepKey judges the settings about a key against the one the Config holds.
func (r *reading) keepKey(alg jws.Algorithm, insecure map[string]keys.Option) {
	held, _ := r.keys.(*keys.Key)
	if alg.Name != "" && held.Raw(inside.Pass{}).Algorithm() != alg.Name {
		what := "a private key in PEM, or only " + r.prefix + "PUBLIC_KEY to verify with"
		if alg.Family == jws.Secret {
			what = "a secret"
		}
		r.bad("ALGORITHM", fmt.Sprintf("set %sSECRET_KEY to %s", r.prefix, what), "%s, but there is no key for it", alg.Name)
	}
	r.noSecret(insecure, fmt.Sprintf("set %sSECRET_KEY, or unset it", r.prefix), "there is no secret")
}

func (r *reading) secretKey(secret, public envKey, alg jws.Algorithm, insecure map[string]keys.Option) *keys.Key {
	opts := []keys.Option{}
	if alg.Name != "" {
		opts = append(opts, keys.WithAlgorithm(alg.Name))
	}
	for _, option := range insecure {
		opts = append(opts, option)
	}
	switch what := pemkey.What([]byte(secret.text)); {
	case strings.HasSuffix(what, " of a PEM text"):
		r.bad(secret.name, fmt.Sprintf("set %sKEY_ENCODING to base64 or hex, as it is", r.prefix), "it is %s", what)
	case what != "":
		r.bad(secret.name, "set it to a secret, or to a private key in PEM", "it is %s", what)
	case insecure["INSECURE_GUESSABLE_SECRET"] == nil && (namesFile(secret.text) || keycheck.IsPath(strings.TrimSpace(secret.text))):
		r.bad(secret.name, fmt.Sprintf("set %sSECRET_KEY_FILE to have it read", r.prefix), "it is the path of a file")
	case insecure["INSECURE_GUESSABLE_SECRET"] == nil && keycheck.IsURL(strings.TrimSpace(secret.text)):
		r.bad(secret.name, fmt.Sprintf("set %sJWKS_URL or %sOIDC_ISSUER to have the keys of a provider fetched", r.prefix, r.prefix), "it is a URL")
	case alg.Name != "" && alg.Family != jws.Secret:
		r.bad(secret.name, "set it to one, or the algorithm to HS256", "it is no PEM, and %sALGORITHM %s needs a private key in PEM", r.prefix, alg.Name)
	case public.set():
		r.bad(public.name, "unset one of them, or set the secret to the private key in PEM", "%s%s is a secret, which has no public half", r.prefix, secret.name)
	case insecure["INSECURE_GUESSABLE_SECRET"] == nil && !r.secretForm(secret):
	default:
		key, err := keys.NewSecret([]byte(secret.text), opts...)
		for _, e := range setup.Each(err) {
			if m, ok := errors.AsType[*Mistake](e); ok { // without what keys.NewSecret calls it
				r.bad(secret.name, m.Fix, "%s", m.Found)
			} else {
				r.blame(secret.name, e)
			}
		}
		if err != nil {
			return nil
		}
		inside.Opened(key, secret.open)
		return key
	}
	return nil
}

// namesFile reports whether a secret is in truth the path of a file that is there.
func namesFile(secret string) bool {
	if !strings.ContainsAny(secret, `/\`) {
		return false
	}
	_, err := os.Stat(secret)
	return err == nil
}
