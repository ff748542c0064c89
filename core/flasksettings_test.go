package core_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// says is the description in the answer to an Authorization, "" for a yes.
func says(auth *core.Auth[*account], authorization string) string {
	ctx, err := auth.Verify(flaskGet(authorization))
	if err != nil {
		return description(auth.Reject(coretest.Get(), err))
	}
	if _, err := auth.Identity(ctx); err != nil {
		return err.Error()
	}
	return ""
}

func description(res core.Response) string {
	_, text, _ := strings.Cut(string(res.Body), `"description":"`)
	text, _, _ = strings.Cut(text, `","error"`)
	return text
}

// dates are iat, nbf and exp of a new token, in seconds from now.
func newDates(t testing.TB, auth *core.Auth[*account]) string {
	t.Helper()
	_, p := tokenParts(t, auth.Login(coretest.Post(joePass)))
	var d []string
	for _, name := range []string{"iat", "nbf", "exp"} {
		d = append(d, fmt.Sprint(int64(p[name].(float64))-coretest.Now.Unix()))
	}
	return strings.Join(d, " ")
}

// flaskSettings has a row for each setting C1 to C14: what it is in code and in
// the environment, and what comes of it, which without it is something else.
func flaskSettings(t testing.TB) []flaskSetting {
	good := flaskToken(flaskPayload(0, 0, 300, ""))
	another := []byte("eee65f53e9421ce50211670eae679f02")
	otherKey, err := keys.NewSecret(another)
	if err != nil {
		t.Fatal(err)
	}
	hs512, err := keys.NewSecret([]byte("ff9243a8f506b40928b5b7a767c76fb008f86bebb2737f6a6f0fb23c6f5da2ce"), keys.WithAlgorithm("HS512"))
	if err != nil {
		t.Fatal(err)
	}
	type config = core.Config[*account]
	type auth = core.Auth[*account]
	first := func(r []core.Route) string {
		if len(r) == 0 {
			return "none"
		}
		return fmt.Sprint(len(r), " ", r[0].Name, " ", r[0].Path)
	}
	return []flaskSetting{
		{"C1 realm", []string{"JWT_DEFAULT_REALM=Staff only"},
			func(c *config) { c.Realm = "Staff only" },
			func(a *auth) string {
				_, err := a.Verify(coretest.Get())
				return a.Reject(coretest.Get(), err).Header.Get("Www-Authenticate")
			}, `JWT realm="Login Required"`, `JWT realm="Staff only"`},
		{"C2 path", []string{"JWT_AUTH_URL_RULE=/api/login"},
			func(c *config) { c.Login.Path = "/api/login" },
			func(a *auth) string { return first(a.Routes()) }, "1 jwt /auth", "1 jwt /api/login"},
		{"C2 no route", []string{"JWT_AUTH_URL_RULE="},
			func(c *config) { c.Login.NoRoute = true },
			func(a *auth) string { return first(a.Routes()) }, "1 jwt /auth", "none"},
		{"C3 endpoint", []string{"JWT_AUTH_ENDPOINT=login"},
			func(c *config) { c.Login.Name = "login" },
			func(a *auth) string { return first(a.Routes()) }, "1 jwt /auth", "1 login /auth"},
		{"C4 username key", []string{"JWT_AUTH_USERNAME_KEY=email"},
			func(c *config) { c.Login.UsernameField = "email" },
			func(a *auth) string {
				return fmt.Sprint(a.Login(coretest.Post(`{"email":"joe","password":"pass"}`)).Status, a.Login(coretest.Post(joePass)).Status)
			}, "401 200", "200 401"},
		{"C5 password key", []string{"JWT_AUTH_PASSWORD_KEY=pin"},
			func(c *config) { c.Login.PasswordField = "pin" },
			func(a *auth) string {
				return fmt.Sprint(a.Login(coretest.Post(`{"username":"joe","pin":"pass"}`)).Status, a.Login(coretest.Post(joePass)).Status)
			}, "401 200", "200 401"},
		{"C6 algorithm", []string{"JWT_ALGORITHM=HS512", "JWT_SECRET_KEY=" + "ff9243a8f506b40928b5b7a767c76fb008f86bebb2737f6a6f0fb23c6f5da2ce"},
			func(c *config) { c.Keys = hs512 },
			func(a *auth) string {
				h, _ := tokenParts(t, a.Login(coretest.Post(joePass)))
				return fmt.Sprint(h["alg"], " ", says(a, "JWT "+good))
			}, "HS256 ", "HS512 The specified alg value is not allowed"},
		{"C7 leeway", []string{"JWT_LEEWAY=60"},
			func(c *config) { c.Rules.Leeway = time.Minute },
			func(a *auth) string {
				return says(a, "JWT "+flaskToken(flaskPayload(59, 60, -60, ""))) + says(a, "JWT "+flaskToken(flaskPayload(0, 0, -61, "")))
			}, "Issued At claim (iat) cannot be in the future.Signature has expired", "Signature has expired"},
		{"C7 no leeway", []string{"JWT_LEEWAY=0"},
			func(c *config) { c.Rules.Leeway = 0 },
			func(a *auth) string { return says(a, "JWT "+flaskToken(flaskPayload(0, 0, -1, ""))) },
			"", "Signature has expired"},
		{"C8 prefix", []string{"JWT_AUTH_HEADER_PREFIX=Bearer"},
			func(c *config) { c.Scheme = "Bearer" },
			func(a *auth) string { return says(a, "bEARER "+good) + "/" + says(a, "JWT "+good) },
			"Unsupported authorization type/", "/Unsupported authorization type"},
		{"C9 expiration delta", []string{"JWT_EXPIRATION_DELTA=3600"},
			func(c *config) { c.Lifetime = time.Hour },
			func(a *auth) string { return newDates(t, a) }, "0 0 300", "0 0 3600"},
		{"C10 not before delta", []string{"JWT_NOT_BEFORE_DELTA=1m"},
			func(c *config) { c.NotBefore = time.Minute },
			func(a *auth) string { return newDates(t, a) }, "0 0 300", "0 60 300"},
		{"C11 verify no exp", []string{"JWT_VERIFY_CLAIMS=signature,nbf,iat"},
			func(c *config) { c.Rules.InsecureIgnoreExpiry = true },
			func(a *auth) string { return says(a, "JWT "+flaskToken(flaskPayload(0, 0, -99, ""))) },
			"Signature has expired", ""},
		{"C11 verify no exp: still required", []string{"JWT_VERIFY_CLAIMS=signature,nbf,iat"},
			func(c *config) { c.Rules.InsecureIgnoreExpiry = true },
			func(a *auth) string {
				return says(a, "JWT "+flaskToken(flaskPayload(0, 0, -99, ""))) + "/" + says(a, "JWT "+flaskToken(`{"iat":1,"nbf":1,"identity":1}`))
			}, `Signature has expired/Token is missing the \"exp\" claim`, `/Token is missing the \"exp\" claim`},
		{"C11 verify no nbf", []string{"JWT_VERIFY_CLAIMS=signature,exp,iat"},
			func(c *config) { c.Rules.InsecureIgnoreNotBefore = true },
			func(a *auth) string { return says(a, "JWT "+flaskToken(flaskPayload(0, 99, 300, ""))) },
			"The token is not yet valid (nbf)", ""},
		{"C11 verify no iat", []string{"JWT_VERIFY_CLAIMS=signature,exp,nbf"},
			func(c *config) { c.Rules.VerifyIssuedAt = false },
			func(a *auth) string { return says(a, "JWT "+flaskToken(flaskPayload(99, 0, 300, ""))) },
			"Issued At claim (iat) cannot be in the future.", ""},
		{"C11 verify nothing but the signature", []string{"JWT_VERIFY_CLAIMS="},
			func(c *config) {
				c.Rules.InsecureIgnoreExpiry, c.Rules.InsecureIgnoreNotBefore, c.Rules.VerifyIssuedAt = true, true, false
			},
			func(a *auth) string {
				return says(a, "JWT "+flaskToken(`{"iat":"x","nbf":"x","exp":"x","identity":1}`)) + "/" + says(a, "JWT "+good+"X")
			}, "Issued At claim (iat) must be an integer./Signature verification failed", "/Signature verification failed"},
		{"C12 required claims, any name", []string{"JWT_REQUIRED_CLAIMS=exp,iat,nbf,sub"},
			func(c *config) { c.Rules.Required = []string{"exp", "iat", "nbf", "sub"} },
			func(a *auth) string {
				return says(a, "JWT "+good) + says(a, "JWT "+flaskToken(flaskPayload(0, 0, 300, `,"sub":"joe"`)))
			}, "", `Token is missing the \"sub\" claim`},
		{"C12 E8 required claims in what is issued", []string{"JWT_REQUIRED_CLAIMS=exp,sub"},
			func(c *config) { c.Rules.Required = []string{"exp", "sub"} },
			func(a *auth) string { return fmt.Sprint(a.Login(coretest.Post(joePass)).Status) }, "200", "500"},
		{"C12 exp not required", []string{"JWT_REQUIRED_CLAIMS=iat"},
			func(c *config) { c.Rules.Required, c.Rules.InsecureNoExpiry = []string{"iat"}, true },
			func(a *auth) string { return says(a, "JWT "+flaskToken(`{"iat":1,"identity":1}`)) },
			`Token is missing the \"exp\" claim`, ""},
		{"C12 nothing required", []string{"JWT_REQUIRED_CLAIMS="},
			func(c *config) { c.Rules.Required, c.Rules.InsecureNoExpiry = nil, true },
			func(a *auth) string { return says(a, "JWT "+flaskToken(`{"identity":1}`)) },
			`Token is missing the \"exp\" claim`, ""},
		{"C13 secret", []string{"JWT_SECRET_KEY=" + string(another)},
			func(c *config) { c.Keys = otherKey },
			func(a *auth) string {
				return says(a, "JWT "+good) + "/" + says(a, "JWT "+coretest.Signed(another, flaskHeader, flaskPayload(0, 0, 300, "")))
			}, "/Signature verification failed", "Signature verification failed/"},
		{"C14 methods", []string{`JWT_AUTH_URL_OPTIONS={"methods":["post","PUT"]}`},
			func(c *config) { c.Login.Methods = []string{"POST", "PUT"} },
			func(a *auth) string {
				put := coretest.Post(joePass)
				put.Verb = "PUT"
				return fmt.Sprint(a.Login(put).Status, " ", a.Login(coretest.Call("GET", "")).Header.Get("Allow"))
			}, "405 POST, OPTIONS", "200 POST, PUT, OPTIONS"},
		{"C14 endpoint", []string{`JWT_AUTH_URL_OPTIONS={"methods":["POST"],"endpoint":"ep"}`},
			func(c *config) { c.Login.Name = "ep" },
			func(a *auth) string { return first(a.Routes()) }, "1 jwt /auth", "1 ep /auth"},
	}
}

type flaskSetting struct {
	name         string
	env          []string
	code         func(*core.Config[*account])
	effect       func(*core.Auth[*account]) string
	before, want string
}

func TestFlaskSettings(t *testing.T) {
	for _, tt := range flaskSettings(t) {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.effect(coretest.MustNew(t, flaskConfig(t))); got != tt.before {
				t.Errorf("by default: got %q, want %q", got, tt.before)
			}
			code := flaskConfig(t)
			tt.code(&code)
			if got := tt.effect(coretest.MustNew(t, code)); got != tt.want {
				t.Errorf("set in code: got %q, want %q", got, tt.want)
			}
			env := flaskConfig(t)
			if err := env.ReadEnv("JWT_", tt.env); err != nil {
				t.Fatal(err)
			}
			if got := tt.effect(coretest.MustNew(t, env)); got != tt.want {
				t.Errorf("set in the environment: got %q, want %q", got, tt.want)
			}
		})
	}
}

// The order of the statements is the only precedence, and a zero can be said.
func TestFlaskPrecedence(t *testing.T) {
	cfg := flaskConfig(t)
	cfg.Rules.Leeway = time.Minute
	if err := cfg.ReadEnv("JWT_", []string{"JWT_LEEWAY=0"}); err != nil {
		t.Fatal(err)
	}
	if cfg.Rules.Leeway != 0 {
		t.Errorf("after ReadEnv: %v", cfg.Rules.Leeway)
	}
	cfg.Rules.Leeway = 5 * time.Second
	if got := says(coretest.MustNew(t, cfg), "JWT "+flaskToken(flaskPayload(0, 0, -5, ""))); got != "" {
		t.Errorf("after code: %s", got)
	}
}

// C13: Flask-JWT took Flask's own SECRET_KEY where JWT_SECRET_KEY was not set.
func TestFlaskPlainSecret(t *testing.T) {
	const long = "e8d28a79023c39c200661fccd268a29a0d347301"
	key := func(c core.Config[*account]) string { return fmt.Sprint(c.Keys) }
	for _, tt := range []struct {
		name    string
		env     []string
		want    string
		wantErr string
	}{
		{"alone", []string{"SECRET_KEY=" + long}, "Key{HS256, can sign}", ""},
		{"JWT_SECRET_KEY wins", []string{"SECRET_KEY=short", "JWT_SECRET_KEY=" + long}, "Key{HS256, can sign}", ""},
		{"short", []string{"SECRET_KEY=super-secret"}, "", "jwtgate: SECRET_KEY: "},
		{"short, allowed", []string{"SECRET_KEY=super-secret", "JWT_INSECURE_SHORT_SECRET=1"}, "Key{HS256, can sign}", ""},
		{"empty", []string{"SECRET_KEY="}, "", "jwtgate: SECRET_KEY: "},
		{"with an algorithm", []string{"SECRET_KEY=" + strings.Repeat(long, 2), "JWT_ALGORITHM=HS512"}, "Key{HS512, can sign}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := core.FlaskConfig[*account]()
			err := cfg.ReadEnv("JWT_", tt.env)
			if tt.wantErr != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.wantErr) || strings.Contains(err.Error(), "super-secret") {
					t.Errorf("got %v, want %s…", err, tt.wantErr)
				}
				return
			}
			if err != nil || key(cfg) != tt.want {
				t.Errorf("got %v, %v, want %s", key(cfg), err, tt.want)
			}
		})
	}
	strict := core.Config[*account]{}
	if err := strict.ReadEnv("JWT_", []string{"SECRET_KEY=" + long}); err != nil || strict.Keys != nil {
		t.Errorf("without the preset: got %v, %v, want no key", strict.Keys, err)
	}
	cfg := flaskConfig(t)
	if err := cfg.ReadEnv("JWT_", []string{"SECRET_KEY=short"}); err != nil || cfg.Keys != flaskConfig(t).Keys && says(coretest.MustNew(t, cfg), "JWT "+flaskToken(flaskPayload(0, 0, 300, ""))) != "" {
		t.Errorf("beside a key in code: got %v, want it left alone", err)
	}
}

func TestReadEnvURLOptions(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		methods     []string
		endpoint    string
		wantErr     string
	}{
		{"methods", `{"methods":["POST"]}`, []string{"POST", "OPTIONS"}, "", ""},
		{"methods as Flask read them", ` {"methods": ["post", "Options", "POST"]} `, []string{"POST", "OPTIONS"}, "", ""},
		{"endpoint", `{"endpoint":"ep"}`, nil, "ep", ""},
		{"nothing", `{}`, nil, "", ""},
		{"empty", ``, nil, "", "it is empty"},
		{"no JSON", `methods=POST`, nil, "", "it is no JSON object"},
		{"a list", `["POST"]`, nil, "", "it is no JSON object"},
		{"methods no list", `{"methods":"POST"}`, nil, "", "methods: it is no array"},
		{"no methods", `{"methods":[]}`, nil, "", "methods: it is no array"},
		{"no method", `{"methods":[7]}`, nil, "", "is not the name of a method"},
		{"a strange method", `{"methods":["PO ST"]}`, nil, "", "is not the name of a method"},
		{"GET", `{"methods":["POST","GET"]}`, nil, "", "GET carries no body"},
		{"endpoint no string", `{"endpoint":7}`, nil, "", "endpoint is no string"},
		{"unknown", `{"strict_slashes":false}`, nil, "", `"strict_slashes" is unknown`},
		{"unknown by case", `{"Methods":["POST"]}`, nil, "", `"Methods" is unknown`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := core.Config[*account]{}
			err := cfg.ReadEnv("JWT_", []string{"JWT_AUTH_URL_OPTIONS=" + tt.value})
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) || !strings.HasPrefix(err.Error(), "jwtgate: JWT_AUTH_URL_OPTIONS: ") {
					t.Errorf("got %v, want %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || !slices.Equal(cfg.Login.Methods, tt.methods) || cfg.Login.Name != tt.endpoint {
				t.Errorf("got %q %q, %v, want %q %q", cfg.Login.Methods, cfg.Login.Name, err, tt.methods, tt.endpoint)
			}
		})
	}
	cfg := core.Config[*account]{}
	err := cfg.ReadEnv("JWT_", []string{`JWT_AUTH_URL_OPTIONS={"endpoint":"a"}`, "JWT_AUTH_ENDPOINT=b"})
	if err == nil || !strings.Contains(err.Error(), "JWT_AUTH_ENDPOINT") {
		t.Errorf("two endpoints: got %v", err)
	}
}

// Q9: RS256 by the settings of the original's how-to alone, with the built-in
// handlers, which could not do it.
func TestFlaskRS256(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile("testdata/keys/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	cfg := flaskConfig(t)
	cfg.Keys = nil
	if err := cfg.ReadEnv("JWT_", []string{
		"JWT_ALGORITHM=RS256",
		"JWT_SECRET_KEY=" + read("rsa-pkcs1.pem"),
		"JWT_PUBLIC_KEY=" + read("rsa-spki.pem"),
	}); err != nil {
		t.Fatal(err)
	}
	auth := coretest.MustNew(t, cfg)
	header, _ := tokenParts(t, auth.Login(coretest.Post(joePass)))
	if header["alg"] != "RS256" || len(header) != 2 {
		t.Errorf("header: got %v", header)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, accounts[1])
	if err != nil {
		t.Fatal(err)
	}
	if got := says(auth, "JWT "+issued.Token); got != "" {
		t.Errorf("own token: %s", got)
	}
	forged := coretest.Signed([]byte(read("rsa-spki.pem")), flaskHeader, flaskPayload(0, 0, 300, ""))
	if got, want := says(auth, "JWT "+forged), "The specified alg value is not allowed"; got != want {
		t.Errorf("HS256 with the public key: got %q, want %q", got, want)
	}
}
