package core

import (
	"regexp"
	"strings"
)

// foreign are the names that other libraries, frameworks and their tutorials give
// to settings, in capitals and without underscores: what each is here. The first
// row that fits decides. A name that only looks like one of ours, by its letters,
// would lead astray: who is told to write LEEWAY for EXP has tokens that outlive
// their end.
//
// Say has % where the prefix of the variables belongs. Setting is "" where the
// environment cannot set it.
var foreign = []struct {
	name    string // a regular expression for all of it
	setting string
	say     string
}{
	// What lasts longer than a token.
	{`.*REFRESH.*`, "", "a refresh token comes with Config.Sessions, in the program; it is no JWT, and needs no key, path or claim of its own"},
	{`(.*)(BLACKLIST|BLOCKLIST|DENYLIST|REVOCATION|REVOKED)(.*)`, "", "set Config.Revocation, in the program, as with denylist.NewTokens"},
	{`SESSIONCOOKIE|SESSIONS?`, "", "set Config.Sessions, in the program"},

	// Whose keys they are that others publish.
	{`(OIDC|OPENID|OAUTH|OAUTH2)?(ISSUERURL|ISSUERURI|ISSUERBASEURL|AUTHORITY|AUTHORITYURL|AUTHORITYURI|AUTHORIZATIONSERVER|DISCOVERYURL|DISCOVERYURI|DISCOVERYENDPOINT|` +
		`OPENIDCONFIGURATION|OPENIDCONFIGURL|WELLKNOWN|WELLKNOWNURL|METADATAURL|METADATAADDRESS|PROVIDER|PROVIDERURL|DOMAIN|REALMURL)|OIDCURL|OIDC`, "OIDC_ISSUER",
		"the provider's issuer, to find its keys; or %ISSUER, if tokens are signed by a key in the environment"},
	{`(JWKS?|KEYS?|KEYSET|CERTS?|JWKSET|JWKSETS|PUBLICKEYS?)(URL|URI|ENDPOINT|ENDPOINTURL)|JWKS|JWKSET`, "JWKS_URL", ""},
	{`(JWKS?|KEYSET|JWKSET)(PATH|LOCATION|JSON|FILEPATH|FILENAME)`, "JWKS_FILE", ""},
	{`(KEYS?|KEYRING)(DIR|DIRECTORY|FOLDER|PATHS|SDIR)|KEYSPATH|CERTSDIR`, "KEY_DIR", ""},
	{`CLIENTSECRET|(OIDC|OAUTH|OAUTH2)CLIENTSECRET`, "", "unset it: a client's secret verifies no tokens; %OIDC_ISSUER and %AUDIENCE do"},
	{`(OIDC|OAUTH|OAUTH2)?(CLIENTID|CLIENT|APPID|RESOURCE|RESOURCEID|APIIDENTIFIER)`, "AUDIENCE", "if tokens name this service so in aud"},

	// Keys.
	{`(.*)(KEY|SECRET|PEM|PRIVATE|PUBLIC)(BASE64|B64|BASE64ENCODED|HEX|ENCODED)`, "KEY_ENCODING", "base64 or hex, beside the key in %SECRET_KEY or %PUBLIC_KEY"},
	{`(SECRET|SECRETKEY|KEY|PUBLICKEY|PRIVATEKEY)?(ENCODING|FORMAT|ISBASE64)|BASE64|HEX`, "KEY_ENCODING", "base64 or hex"},
	{`(PRIVATE|PUBLIC|SIGNING)?JWK(KEY|JSON)?`, "", "load it with keys.Parse, in the program; a set of public ones may be in the file of %JWKS_FILE"},
	{`(.*)(PASSPHRASE|KEYPASSWORD|KEYPASS|STOREPASSWORD|KEYSTOREPASS)`, "", "decrypt the key with: openssl pkey -in key.pem -out decrypted.pem; or load it with keys.Load and keys.WithPassphrase, in the program"},
	{`(KEYSTORE|TRUSTSTORE|JKS|PFX|P12|PKCS12).*`, "SECRET_KEY_FILE", "a private key in PEM, made with: openssl pkcs12 -in store.p12 -nodes -nocerts"},
	{`(KEYID|KID|SIGNINGKEYID|KEYNAME|HEADERKID)`, "", "the id of a key comes from its JWK, or is made of the key itself; to choose one, load the key with keys.WithID, in the program"},
	{`(PUBLIC|PUB|VERIFYING|VERIFICATION|VERIFY|VALIDATION|RSAPUBLIC|RSPUBLIC|ECPUBLIC|ECDSAPUBLIC|SIGNINGPUBLIC)(KEYFILE|KEYPATH|KEYLOCATION|KEYFILEPATH|KEYFILENAME|KEYPEMFILE|KEYPEMPATH|PEMFILE|PEMPATH|FILE|PATH|KEYURL)|` +
		`(CERT|CERTIFICATE)(FILE|PATH|LOCATION)|PUBLICPEMPATH`, "PUBLIC_KEY_FILE", ""},
	{`(RSA|EC|ECDSA|RS|RS256|ES256|SIGNING)?(PUBLIC|PUB|VERIFYING|VERIFICATION|VERIFY|VALIDATION)(KEY|KEYS|PEM|KEYPEM|KEYVALUE|KEYCONTENT|KEYSTRING|RSAKEY)|CERT|CERTIFICATE|PEM|PUBLIC|X509`, "PUBLIC_KEY", "a public key in PEM"},
	{`(RSA|EC|ECDSA|RS|APP|AUTH|TOKEN|ACCESS|ACCESSTOKEN)?(PRIVATE|PRIV|SECRET|SIGNING|SIGN|HMAC|PEM|KEY|PRIVATEKEY|PRIVKEY|SECRETKEY|SIGNINGKEY|SIGNKEY)(FILE|PATH|LOCATION|FILEPATH|FILENAME|PEMFILE|PEMPATH)`, "SECRET_KEY_FILE", ""},
	{`(RSA|EC|ECDSA|RS|SIGNING|APP|ACCESS|ACCESSTOKEN)?(PRIVATE|PRIV)(KEY|KEYS|PEM|KEYPEM|KEYVALUE|KEYCONTENT|KEYSTRING|RSAKEY)|PRIVATE`, "SECRET_KEY", "a private key in PEM"},
	{`(APP|AUTH|TOKEN|ACCESS|ACCESSTOKEN|USER|ADMIN|API|SESSION|SIGN|SIGNING|SIGNATURE|HMAC|HS256|HS512|SHARED|LOGIN|SYMMETRIC|ISSUERSIGNING|VERIFICATION|AUTHTOKEN|ENCRYPTION)*(SECRET|SECRETS|KEY|SECRETKEY|SECRETSTRING|SECRETTOKEN|SECRETVALUE|TOKENSECRET|TOKENKEY|SECRETORKEY|SECRETKEYVALUE|SIGNKEY|SALT|PASSWORD|SECUREKEY)|HMAC|SIGNATURE|SECRETKEYS`,
		"SECRET_KEY", ""},
	{`(SIGN|SIGNING|SIGNATURE|ENCODE|DECODE|TOKEN|ENCRYPTION|HASH|JWS|VERIFY|ALLOWED|VALID|ACCEPTED)?(ALG|ALGO|ALGOS|ALGORITHM|ALGORITHMS|METHOD|HASHALG)|(SIGNING|VALID|ALLOWED)ALGS`, "ALGORITHM", ""},

	// Time.
	{`(ALLOWED|DECODE|MAX|ACCEPTABLE|TOKEN)?(CLOCKSKEW|CLOCKTOLERANCE|SKEW|TOLERANCE|CLOCKDRIFT|GRACE|GRACEPERIOD|LEEWAY|TIMESKEW)` + unit, "LEEWAY", ""},
	{`(ENCODE)?(NBF|NOTBEFORE|NOTBEFOREDELTA|NBFDELTA)` + unit, "NOT_BEFORE_DELTA", ""},
	{`(COOKIE|ACCESSCOOKIE)` + ends + unit + `|COOKIE(MAXAGE|SESSION)`, "EXPIRATION_DELTA", "since the cookie lives as long as its token"},
	{`(.*COOKIE.*)` + ends, "", "the cookie lives as long as its token; see Config.Lifetime and Config.Sessions, in the program"},
	{`(TOKEN)?MAXAGE` + unit, "EXPIRATION_DELTA", "for how long issued tokens live; Rules.MaxAge, in the program, for how old accepted ones may be"},
	{`(VERIFY|IGNORE|CHECK|REQUIRE|VALIDATE|SKIP|NO)(EXP|EXPIRY|EXPIRATION|EXPIRES|LIFETIME|EXPIRATIONTIME|NBF|IAT|ISSUEDAT|NOTBEFORE)(CLAIM)?|VERIFY|VERIFYSIGNATURE|OPTIONS|VERIFYOPTIONS`, "VERIFY_CLAIMS", "a comma list; signatures are always verified"},
	{`(APP|AUTH|ACCESS|USER|DEFAULT|API|LOGIN|ADMIN|ID)?(TOKEN)?(AUTH|ACCESS)?` + ends + unit, "EXPIRATION_DELTA", ""},

	// Claims.
	{`(ENCODE|DECODE|TOKEN|EXPECTED|VALID|ALLOWED|REQUIRED|VERIFY|ACCEPTED)?(AUD|AUDS|AUDIENCE|AUDIENCES|AUDIENCEID|VALIDAUDIENCE|AUDIENCECLAIM)`, "AUDIENCE", ""},
	{`(ENCODE|DECODE|TOKEN|EXPECTED|VALID|ALLOWED|REQUIRED|VERIFY|ACCEPTED|TRUSTED)?(ISS|ISSUER|ISSUERS|ISSUERNAME|ISSUERID|ISSUERCLAIM|ISS?UEDBY)`, "ISSUER", "one; further ones are Config.Providers, in the program"},
	{`(MANDATORY|NEEDED)CLAIMS?|REQUIRE(CLAIMS?)?|(TOKEN)?REQUIRED`, "REQUIRED_CLAIMS", ""},
	{`(TYP|TYPE|TOKENTYP|HEADERTYP|TYPES|JWTTYPE)`, "", "set Rules.Types, in the program, for the header's typ; %AUTH_HEADER_PREFIX for the word before the token"},
	{`(.*)(CLAIM|CLAIMS|CLAIMNAME|CLAIMKEY|IDENTITYKEY|ATTRIBUTE|NAMESPACE|SUBJECT|SUB|GROUPNAME|SCOPES?|ROLES?|AUTHORITYPREFIX|JTI|IDENTITY|USERID)|IDENTITY.*`, "", "what is read of claims and put into them is in the program: Config.Identify, Config.Payload, and guards as core.Scopes"},

	// Where tokens are.
	{`(AUTH|HEADER|TOKEN|AUTHORIZATION|AUTHHEADER|REQUEST|QUERYSTRINGVALUE|BEARER)*(PREFIX|SCHEME|HEADNAME|HEADERTYPES?|HEADERPREFIX|TOKENTYPE|TOKENHEADNAME|AUTHTYPE|HEADERVALUEPREFIX)|BEARER`, "AUTH_HEADER_PREFIX", "as Bearer"},
	{`(AUTH|TOKEN|ACCESS|AUTHORIZATION|REQUEST)*(HEADER|HEADERNAME|HEADERKEY|HEADERSTRING|HEADERFIELD)`, "", "tokens are in Authorization; for another field set Config.Sources to a core.HeaderSource with its Name, in the program"},
	{`(TOKEN|AUTH)?(LOOKUP|LOCATIONS?|SOURCES?|EXTRACTORS?|IN|FROM)`, "TOKEN_LOCATION", "a comma list, as headers, cookies"},
	{`JSON.*`, "", "set Config.Sources, in the program"},
	{`(QUERY|URL|TOKEN)(PARAM|PARAMETER|PARAMNAME|NAME|KEY|QUERY|QUERYNAME|STRING|STRINGKEY|QUERYPARAM)|QUERY`, "QUERY_STRING_NAME", "with query_string in %TOKEN_LOCATION"},
	{`(AUTH|ACCESS|TOKEN|ACCESSTOKEN)*COOKIE(NAME|KEY)?`, "ACCESS_COOKIE_NAME", "with cookies in %TOKEN_LOCATION"},
	{`(.*)(COOKIE|CSRF|XSRF|SAMESITE|HTTPONLY)(.*)`, "", "set Config.Sessions.Cookies for the cookies that are issued, and a core.CookieSource in Config.Sources for those that are read, in the program"},
	{`(CORS|ALLOWED|ALLOW|CORSALLOWED|CSRFTRUSTED)ORIGINS?|ORIGINS?`, "TRUSTED_ORIGINS", "origins whose requests with a cookie are taken; CORS is your framework's"},
	{`(MAX|MAXIMUM)(TOKEN)?(BYTES|SIZE|LENGTH|LEN)|MAXTOKEN`, "MAX_TOKEN_BYTES", ""},

	// Answers, and the login.
	{`(AUTH)?REALM(NAME)?`, "DEFAULT_REALM", "the realm in challenges"},
	{`(.*)(ERROR|MESSAGE|MSG)(.*)`, "", "set Config.OnError, in the program"},
	{`(AUTH|LOGIN|TOKEN|SIGNIN)(URL|PATH|ENDPOINT|ENDPOINTPATH|ROUTE|URI)|LOGIN`, "AUTH_URL_RULE", "the path of the login"},
	{`(AUTH|LOGIN)?(USERNAME|USER|EMAIL)(FIELD|KEY|FIELDNAME|PARAM|PARAMETER)`, "AUTH_USERNAME_KEY", ""},
	{`(AUTH|LOGIN)?(PASSWORD|PASS)(FIELD|KEY|FIELDNAME|PARAM|PARAMETER)`, "AUTH_PASSWORD_KEY", ""},
	{`(.*)HANDLER`, "", "set the step in the program: see core.Config"},
	{`ENABLED?|DISABLED?|USE|MODE|DEBUG|ENV|VERSION|LOGLEVEL`, "", "unset it: what is not mounted judges nothing, and there is no switch that lets everybody in; a variable of another program's goes into ReadEnv's ignore"},
}

// Of what the time is meant in which something ends, and in which unit it is counted.
const (
	ends = `(EXP|EXPIRY|EXPIRE|EXPIRES|EXPIRED|EXPIRESIN|EXPIREIN|EXPIRYIN|EXPIREAT|EXPIRESAT|EXPIREAFTER|EXPIRESAFTER|EXPIRATION|EXPIRATIONTIME|EXPIRATIONPERIOD|EXPIRATIONIN|EXPIRESTIME|EXPIRYTIME|EXPIRYDELTA|EXPIREDELTA|EXPIRETIME|EXPIREDTIME|EXPIRATIONDATE|EXPTIME|EXPDELTA|EXPIRESDELTA|` +
		`TTL|LIFETIME|LIFESPAN|LIFE|TIMETOLIVE|VALIDITY|VALIDITYTIME|VALIDITYPERIOD|VALIDFOR|DURATION|TIMEOUT|TIME|DELTA|MAXTTL)`
	unit = `(IN)?(?P<unit>MS|MILLIS|MILLISECONDS?|MSEC|S|SEC|SECS|SECONDS?|M|MIN|MINS|MINUTES?|H|HOURS?|HRS?|D|DAYS?|WEEKS?)?`
)

// units are what a name that ends with them counts in.
var units = []struct{ begins, unit string }{
	{"MS", "milliseconds"}, {"MI", "minutes"}, {"M", "minutes"}, {"H", "hours"}, {"D", "days"}, {"W", "weeks"},
}

// squeezed is a name without what people choose freely in it: case, what stands
// between the words, and JWT or TOKENS in front.
func squeezed(name string) string {
	name = strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToUpper(name))
	for name != "JWT" {
		rest, ok := strings.CutPrefix(name, "JWT")
		if !ok {
			break
		}
		name = rest
	}
	return name
}

// advice says what somebody may have meant by a name that is no setting.
func (r *reading) advice(name string) string {
	plain := squeezed(name)
	for _, s := range settings {
		if squeezed(s.name) == plain {
			return "did you mean " + r.prefix + s.name + "?"
		}
	}
	if near := nearestSetting(name, 8); near != "" {
		return "did you mean " + r.prefix + near + "?"
	}
	for _, f := range foreign {
		// Compiled here, since most programs never need them.
		pattern := regexp.MustCompile(`^(?:` + f.name + `)$`)
		found := pattern.FindStringSubmatch(plain)
		if found == nil {
			continue
		}
		say := strings.ReplaceAll(f.say, "%", r.prefix)
		if i := pattern.SubexpIndex("unit"); i >= 0 && f.setting != "" {
			say = strings.TrimPrefix(say+", in seconds or as 15m"+counted(found[i]), ", ")
		}
		switch {
		case f.setting == "":
			return say
		case say != "":
			return "did you mean " + r.prefix + f.setting + "? (" + say + ")"
		}
		return "did you mean " + r.prefix + f.setting + "?"
	}
	if near := nearestSetting(name, 4); near != "" {
		return "did you mean " + r.prefix + near + "?"
	}
	return "unset it, or name it among those that ReadEnv ignores; core.EnvSettings lists all that there are"
}

// counted says that the value of a name with a unit in it must change.
func counted(unit string) string {
	switch unit {
	case "MILLIS", "MILLISECOND", "MILLISECONDS":
		unit = "MS"
	}
	for _, u := range units {
		if strings.HasPrefix(unit, u.begins) {
			return " and not in " + u.unit
		}
	}
	return ""
}
