package core

import (
	"errors"
	"iter"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
)

// EnvSettings are the settings that ReadEnv reads, for a program's usage text: the
// name of each, without the prefix, and in one line what it is.
func EnvSettings() iter.Seq2[string, string] {
	return func(yield func(name, doc string) bool) {
		for _, s := range settings {
			if !yield(s.name, s.doc) {
				return
			}
		}
	}
}

// ReadEnv reads settings from environ, which is what os.Environ returns, into
// the [Config]: all variables whose names start with prefix, as "JWT_". EnvSettings
// lists them, under the names of Flask-JWT where it had one.
//
//	cfg := core.Config[*User]{Authenticate: users.Check, …}
//	if err := cfg.ReadEnv("JWT_", os.Environ()); err != nil {
//		log.Fatal(err)
//	}
//	cfg.Rules.Issuer = "https://id.example.com" // whatever the environment says
//
// What the environment names replaces what the Config held, what it does not
// name stays; the order of the statements is the only precedence. A key in the
// environment replaces Keys and Signer.
//
// The error lists all mistakes at once, each with its variable and the fix, and
// leaves the Config as it was. A name under the prefix that is no setting is a
// mistake too, because a misspelt setting would leave a door open; ignore lists
// variables, by their full names, to pass over. The names that Kubernetes gives
// to links with services, as JWT_SERVICE_HOST and JWT_PORT_80_TCP, are passed
// over anyway. What only several settings together get wrong, [New] reports, and names
// the variables too.
//
// Into what [FlaskConfig] returned, REQUIRED_CLAIMS is the whole list, exp too,
// and the plain variable SECRET_KEY is the key where there is no other.
//
// ReadEnv reads the files that SECRET_KEY_FILE, PUBLIC_KEY_FILE, JWKS_FILE and
// KEY_DIR name; it does not fetch from JWKS_URL and OIDC_ISSUER, which need an
// audience. Now and Observer go into the key source, so set them before. With
// KEY_DIR, Keys is a *[keys.Dir], with JWKS_FILE a *[keys.SetFile]; run its Watch to follow it. An error
// never holds a key's value.
func (c *Config[T]) ReadEnv(prefix string, environ []string, ignore ...string) error {
	s := settable{
		c.Keys, c.Signer, c.Rules, c.Audience, c.Lifetime, c.NotBefore, c.Realm, c.Scheme, c.Sources, c.Login, c.Now, c.Observer,
	}
	if err := s.readEnv(prefix, environ, ignore, c.flask); err != nil {
		return err
	}
	c.Keys, c.Signer, c.Rules = s.keys, s.signer, s.rules
	c.Audience, c.Lifetime, c.NotBefore = s.audience, s.lifetime, s.notBefore
	c.Realm, c.Scheme, c.Sources, c.Login = s.realm, s.scheme, s.sources, s.login
	c.env = prefix
	return nil
}

// settable is what of a Config the environment can set. None of it depends on T.
type settable struct {
	keys      keys.Source
	signer    keys.Signer
	rules     ClaimRules
	audience  []string
	lifetime  time.Duration
	notBefore time.Duration
	realm     string
	scheme    string
	sources   []Source
	login     LoginConfig

	// The environment does not set these; its key sources take them.
	now      func() time.Time
	observer Observer
}

func (s *settable) readEnv(prefix string, environ, ignore []string, flask bool) error {
	if prefix == "" {
		return errors.New("jwtgate: ReadEnv: the prefix is empty, so every variable would be a setting; use one as JWT_")
	}
	r := reading{settable: *s, prefix: prefix, flask: flask}
	r.collect(environ, ignore)
	if flask {
		r.readPlainSecret(environ)
	}
	for _, setting := range settings {
		if value, ok := r.values[setting.name]; ok && setting.read != nil {
			setting.read(&r, setting.name, value)
		}
	}
	r.readKeys()
	r.compare()
	if err := errors.Join(r.errs...); err != nil {
		return err
	}
	*s = r.settable
	return nil
}

// setting is a row of the table below.
type setting struct {
	name, doc string
	read      func(r *reading, name, value string) // nil: readKeys does
}

// settings are read in this order, so one may build on those above it.
var settings = []setting{
	{"ALGORITHM", "the key's algorithm, as RS256; unset: HS256 for a secret, the key's own for a PEM or a JWK", nil},
	{"SECRET_KEY", `what signs: a secret, or a private key in PEM, in which \n may stand for line breaks`, nil},
	{"SECRET_KEY_FILE", "a file with it, taken as it is but for one final line break", nil},
	{"PUBLIC_KEY", "what verifies: a public key in PEM; alone, nothing is issued", nil},
	{"PUBLIC_KEY_FILE", "a file with it", nil},
	{"KEY_ENCODING", "base64 or hex: how SECRET_KEY and PUBLIC_KEY, or their files, are written; unset: as they are", nil},
	{"KEY_DIR", "in place of the keys above: a directory of keys, of which the newest signs; see keys.Dir", nil},
	{"JWKS_FILE", "in place of the keys above: a file with the JWK Set that verifies", nil},
	{"JWKS_URL", "in place of the keys above: where a provider publishes its JWK Set; needs AUDIENCE and ISSUER", nil},
	{"OIDC_ISSUER", "in place of the keys above: an OpenID provider, whose keys are found through it; needs AUDIENCE", nil},
	{"INSECURE_SHORT_SECRET", "1 allows a secret shorter than RFC 7518 section 3.2 demands", nil},
	{"INSECURE_GUESSABLE_SECRET", "1 allows a secret that others can guess, as the placeholder of an example, a path or a URL", nil},

	{"LEEWAY", "how far clocks may be apart, in seconds or as 1m30s, at most 5 minutes; 0 is none at all", (*reading).readLeeway},
	{"REQUIRED_CLAIMS", "comma list of claims that must be there besides exp", (*reading).readRequired},
	{"VERIFY_CLAIMS", "comma list of signature, exp, nbf, iat: those not listed are not checked, but for the signature", (*reading).readVerify},
	{"ISSUER", "the iss that tokens must have and get", (*reading).readIssuer},
	{"AUDIENCE", "comma list: aud must name one of them; issued tokens get all", (*reading).readAudience},
	{"MAX_LIFETIME", "the most that exp may be after iat, in seconds or as 1h30m or 7d", (*reading).readMaxLifetime},
	{"MAX_TOKEN_BYTES", "the longest token that is looked at", (*reading).readMaxTokenBytes},

	{"ENCODE_AUDIENCE", "comma list: what issued tokens get as aud, in place of AUDIENCE", (*reading).readEncodeAudience},
	{"EXPIRATION_DELTA", "the lifetime of issued tokens, in seconds or as 1h30m or 7d", (*reading).readExpiration},
	{"NOT_BEFORE_DELTA", "the time from iat to nbf of issued tokens, in seconds or as 1m30s; 0 is no nbf", (*reading).readNotBefore},

	{"AUTH_HEADER_PREFIX", "the scheme in the Authorization header, as Bearer", (*reading).readScheme},
	{"DEFAULT_REALM", "the realm in challenges", (*reading).readRealm},
	{"TOKEN_LOCATION", "comma list of headers, cookies, query_string, form, json: where tokens are looked for", (*reading).readLocations},
	{"ACCESS_COOKIE_NAME", "the cookie with the token", (*reading).readCookieName},
	{"INSECURE_COOKIE_NAME", "1 allows its name to begin neither with __Host- nor with __Secure-", (*reading).readInsecureName},
	{"QUERY_STRING_NAME", "the query parameter with the token", (*reading).readQueryName},
	{"TRUSTED_ORIGINS", "comma list of further origins whose requests with a cookie are taken", (*reading).readOrigins},

	{"AUTH_URL_RULE", "the path of the login; empty: it gets no route", (*reading).readLoginPath},
	{"AUTH_ENDPOINT", "the name of the login's route", (*reading).readEndpoint},
	{"AUTH_URL_OPTIONS", `JSON object with the login's methods and endpoint, as {"methods":["POST","PUT"]}; OPTIONS is always added`, (*reading).readURLOptions},
	{"AUTH_USERNAME_KEY", "the login's JSON field with the user's name", (*reading).readUsernameKey},
	{"AUTH_PASSWORD_KEY", "the login's JSON field with the password", (*reading).readPasswordKey},
}

// compare judges settings against each other where the environment has both;
// one beside a value of the code's is for New, since the code may still change it.
func (r *reading) compare() {
	if r.both("NOT_BEFORE_DELTA", "EXPIRATION_DELTA") && r.notBefore >= r.lifetime {
		r.bad("NOT_BEFORE_DELTA", "such a token is never valid", "%v is not before the end of %sEXPIRATION_DELTA, %v", r.notBefore, r.prefix, r.lifetime)
	}
	if r.both("AUTH_USERNAME_KEY", "AUTH_PASSWORD_KEY") && r.login.UsernameField == r.login.PasswordField {
		r.bad("AUTH_PASSWORD_KEY", "the login has a field for each", "%q is %sAUTH_USERNAME_KEY too", r.login.PasswordField, r.prefix)
	}
}

// both reports whether the environment has two settings that are right by themselves.
func (r *reading) both(a, b string) bool {
	for _, name := range []string{a, b} {
		if _, ok := r.values[name]; !ok || r.failed[name] {
			return false
		}
	}
	return true
}
