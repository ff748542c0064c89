package keycheck

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// shapes are texts that stand where a secret belongs and are none: what should
// have been replaced, or read, and was not. Each is wide enough for the text as
// people write it, and narrow enough that no random one is refused.
var shapes = []struct {
	what, fix string
	is        func(text string) bool
}{
	{"a JSON text", "load a JWK or a JWK Set with keys.Parse or keys.ParseSet", isJSONText},
	{"a JWT", "a token is public; make a secret with: openssl rand -hex 32", matching(`^eyJ[\w-]+\.[\w-]+\.[\w-]*$`)},
	{"a URL", "keys that a provider publishes are fetched by keys.NewRemote or keys.NewOIDC", IsURL},
	{"the name of a secret in a secret manager", "hand over what it holds", matching(
		`^(?i)(arn:aws[\w-]*:|projects/[\w-]+/secrets/|vault:|op:/|ssm:/|awssm:|gcpsm:|sm://|kms:|ref\+|secretmanager:|@microsoft\.keyvault\(|\{\{resolve:)`)},
	{"a template that was not filled in", "see what should have replaced it", matching(
		`^\$\{[A-Za-z_][\w.]*(\}|:?[-?+=:].*\})$|^\$\{[A-Z_][A-Z0-9_]{2,}\}|^\$\([A-Za-z_][\w ./,|<>"'=$-]+\)$|` +
			`^%[A-Za-z_][\w.():-]{2,}%([/\\][\w./\\-]*)?$|^\{\{[\w .,=|:"'/$()\[\]-]+\}\}|^<%=?[\w ."'():\[\]-]+%>|` +
			`^<[\w .,'!?-]{3,}>$|^\[[\w .,'!?-]{3,}\]$|^\$[A-Za-z_]\w+$|^(?i)(process\.env\.|os\.environ|os\.getenv|env\(|env\.)|^__\w+__$|^@[\w.]+@$|^#\{[\w .,:?"'()\[\]-]*\}$`)},
	{"the path of a file", "read the file, or load the key in it with keys.Load", IsPath},
}

func matching(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

// IsURL wants a host, or a path, behind the scheme: "://" alone stands in one random
// text of a million.
var IsURL = matching(`^(?i)[a-z][a-z0-9+.-]*://([\w.~!$&'()*+,;=%:-]*@)?([\w.~%-]+|\[[\da-f:.]+\])?(:\d+)?([/?#]\S*)?$`)

func isJSONText(text string) bool {
	return text != "" && strings.ContainsRune("{[\"", rune(text[0])) && json.Valid([]byte(text))
}

var (
	rootedPath  = regexp.MustCompile(`^(~|\.{1,2}|[A-Za-z]:|%[\w.]+%)?[/\\][\w@.+ /\\%-]*$`)
	knownRoots  = regexp.MustCompile(`^/(run|etc|var|home|opt|usr|secrets?|app|mnt|vault|Users|tmp|srv|root|data|config|keys|certs?|ssl|private|kubernetes|workspace|proc|dev)/`)
	fileEndings = regexp.MustCompile(`^[\w@.+ /\\:%~-]+\.(?i)(pem|key|pub|crt|cer|der|p8|p12|pfx|jks|jwk|jwks|json|txt|env|ya?ml|toml|ini|conf|secret)$`)
)

// IsPath tells a path from base64, of which one text in 64 begins with a slash.
func IsPath(text string) bool {
	if fileEndings.MatchString(text) {
		return true
	}
	if !rootedPath.MatchString(text) {
		return false
	}
	return text[0] != '/' || knownRoots.MatchString(text) || strings.ToLower(text) == text && !strings.ContainsAny(text, "+")
}

// Guessable says why the bytes of a secret can be guessed; nil if nothing
// tells. It knows shapes, the words of placeholders, and repetition. Whether a
// secret was made at random nobody can see.
func Guessable(secret []byte) error {
	const fix = "make one with: openssl rand -hex 32; a test may say keys.InsecureGuessableSecret"
	text := strings.TrimSpace(strings.Trim(strings.TrimSpace(string(secret)), `"'`))
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		for _, s := range shapes {
			if s.is(text) {
				return errors.New("it looks like " + s.what + ", not a secret; " + s.fix)
			}
		}
		if published[text] {
			return errors.New("it stands in a tutorial that everybody can read; " + fix)
		}
		if rest, words := withoutWords(text); words && surprise([]byte(rest)) < leastSurprise {
			return errors.New("it looks like a placeholder, of words that stand in many examples; " + fix)
		}
	}
	if surprise(secret) < leastSurprise {
		return errors.New("it repeats itself, or follows an alphabet; " + fix)
	}
	return nil
}

// leastSurprise is in bits. Sixteen random bytes in hexadecimal are seldom under 100.
const leastSurprise = 64

// surprise estimates, from above, how many bits of a text cannot be foretold: those
// of each byte that continues neither a run nor three bytes that were there before.
func surprise(text []byte) float64 {
	fresh := 0
	seen := make(map[[3]byte]bool)
	var distinct [256]bool
	kinds := 0
	for i, b := range text {
		if !distinct[b] {
			distinct[b] = true
			kinds++
		}
		if i < 2 {
			fresh++
			continue
		}
		step, before := int(b)-int(text[i-1]), int(text[i-1])-int(text[i-2])
		three := [3]byte(text[i-2 : i+1])
		if !seen[three] && (step != before || step < -1 || step > 1) {
			fresh++
		}
		seen[three] = true
	}
	return float64(fresh) * math.Log2(float64(max(1, kinds)))
}

// published are secrets that tutorials and images ship, and that no rule tells
// from random ones.
var published = map[string]bool{
	"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7": true, // FastAPI's documentation
	"404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970": true, // of many tutorials for Spring Boot
}

// placeholderWords are those of which people make a secret that is to be changed.
// One of them in a secret means nothing; what is left without them counts.
var placeholderWords = strings.Fields(`
	access admin algorithm alphabet always and any api app application auth authentication authorization
	backend bar base before bit bits byte bytes
	change changed changeit changeme char character characters chars client company config configure correct
	default demo deploy deployment dev develop development docker dont dummy
	enough ensure enter env environment ever example
	fake fastapi field fixme flask foo for from
	generate generated generation gin global
	has have hello here hidden hmac horse
	insecure insert ipsum
	jsonwebtoken jwks jws jwt
	key keys
	laravel least length local localhost login long lorem
	make minimum min must mysecret
	need needs never new node not
	only openssl our own
	pass passphrase password passwd phrase placeholder please private prod production project public put pwd
	qwerty qwertyuiop asdfghjkl zxcvbnm
	random rand real refresh replace replaced root
	safe salt sample secret secretkey secrets secure security server service session set sha should sign signature
	signing some something spring staging stage strong string suitable super supersecret symmetric
	temp temporary test testing tests text than that the there this todo token tokens too top
	unsafe update use used user users using
	validation value verification verify very
	web will with word world
	you your yours
	hs256 hs384 hs512 sha256 sha512 abc123 123456 1234567890 0123456789`)

var longestFirst = slices.SortedFunc(slices.Values(placeholderWords), func(a, b string) int { return len(b) - len(a) })

var (
	lookalikes = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")
	hexText    = regexp.MustCompile(`^[0-9a-fA-F]+$`)
)

// withoutWords returns what is left of a text without placeholderWords and what
// separates them, and whether there were any.
func withoutWords(text string) (rest string, words bool) {
	if hexText.MatchString(text) { // in which short words stand by chance
		return text, false
	}
	rest = strings.ToLower(text)
	for _, word := range longestFirst {
		rest, words = cut(rest, rest, word, words)
		if len(word) > 4 {
			rest, words = cut(rest, lookalikes.Replace(rest), word, words)
		}
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_", r) {
			return -1
		}
		return r
	}, rest), words
}

// cut takes the places out of rest at which word stands in its reading, a text of
// the same length.
func cut(rest, reading, word string, words bool) (string, bool) {
	for at := strings.Index(reading, word); at >= 0 && len(reading) == len(rest); at = strings.Index(reading, word) {
		rest = rest[:at] + " " + rest[at+len(word):]
		reading = reading[:at] + " " + reading[at+len(word):]
		words = true
	}
	return rest, words
}
