package keys_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestKeyString(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  *keys.Key
		want string
	}{
		{"secret", coretest.SecretKey(t), `Key{HS256, can sign}`},
		{"private", coretest.PemKey(t, "rsa-pkcs8.pem", keys.WithID("k1")), `Key{RS256, id "k1", can sign}`},
		{"public", coretest.PemKey(t, "rsa-spki.pem", keys.WithAlgorithm("RS256", "PS256")), `Key{RS256 PS256, verifies only}`},
		{"odd id", coretest.SecretKey(t, keys.WithID(`a"b`)), `Key{HS256, id "a\"b", can sign}`},
	} {
		text, _ := tt.key.MarshalText()
		for _, got := range []string{tt.key.String(), fmt.Sprint(tt.key), fmt.Sprint(*tt.key), fmt.Sprintf("%#v", tt.key), fmt.Sprintf("%d", *tt.key), fmt.Sprintf("%x", tt.key), tt.key.GoString(), string(text)} {
			if got != tt.want {
				t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
			}
		}
	}
}

// TestKeyShowsNoSecret prints keys by every way a program may print them by
// accident, and searches the output for the material in every form in which
// printing shows bytes.
func TestKeyShowsNoSecret(t *testing.T) {
	secret := []byte("\x8fTop-Secret-Material-0123456789!\xfe")
	hmac, err := keys.NewSecret(secret, keys.WithID("k1"), keys.InsecureGuessableSecret())
	if err != nil {
		t.Fatal(err)
	}
	rsaPEM, edPEM := coretest.KeyFile(t, "rsa-pkcs8.pem"), coretest.KeyFile(t, "ed25519-pkcs8.pem")
	rsaBlock, _ := pem.Decode(rsaPEM)
	edBlock, _ := pem.Decode(edPEM)
	both, err := keys.NewSet(hmac, coretest.PemKey(t, "rsa-pkcs8.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		value  *keys.Key
		source keys.Source
		secret []byte
	}{
		{"HMAC", hmac, hmac, secret},
		{"set", hmac, both, secret},
		{"RSA", coretest.PemKey(t, "rsa-pkcs8.pem"), nil, rsaBlock.Bytes},
		{"Ed25519", coretest.PemKey(t, "ed25519-pkcs8.pem"), nil, edBlock.Bytes[len(edBlock.Bytes)-32:]},
	} {
		for way, output := range printings(t, tt.value, tt.source) {
			for form, text := range spellings(tt.secret) {
				if strings.Contains(strings.ToLower(output), strings.ToLower(text)) {
					t.Errorf("%s: %s shows the material in %s: %s", tt.name, way, form, output)
				}
			}
		}
	}
}

// spellings are the ways a piece of the material may turn up in a text.
func spellings(material []byte) map[string]string {
	piece := material[len(material)/2:][:8]
	decimal, goHex := strings.Trim(fmt.Sprint(piece), "[]"), strings.Trim(fmt.Sprintf("%#v", piece), "[]byte{}")
	// base64 of a piece depends on where it begins; the whole material is what
	// json makes of a []byte.
	return map[string]string{
		"raw":         string(piece),
		"quoted":      strings.Trim(fmt.Sprintf("%q", piece), `"`),
		"hex":         hex.EncodeToString(piece),
		"hex, spaced": fmt.Sprintf("% x", piece),
		"decimals":    decimal,
		"commas":      strings.ReplaceAll(decimal, " ", ","),
		"Go":          goHex,
		"base64":      base64.StdEncoding.EncodeToString(material)[:8],
		"base64url":   base64.RawURLEncoding.EncodeToString(material)[:8],
	}
}

func printings(t *testing.T, key *keys.Key, source keys.Source) map[string]string {
	type inner struct {
		key     keys.Key
		pointer *keys.Key
		source  keys.Source
		list    []keys.Key
		any     any
	}
	hidden := inner{*key, key, source, []keys.Key{*key}, *key}
	type outer struct {
		Key     keys.Key
		Pointer *keys.Key
		Source  keys.Source
		Map     map[string]keys.Key
		hidden  inner
	}
	open := outer{*key, key, source, map[string]keys.Key{"k": *key}, hidden}
	values := map[string]any{
		"Key": *key, "*Key": key, "source": source, "unexported": hidden, "*unexported": &hidden,
		"exported": open, "*exported": &open, "slice": []*keys.Key{key}, "array": [1]keys.Key{*key},
		"map key": map[keys.Key]int{*key: 1},
	}
	all := make(map[string]string)
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%c", "%U", "%b", "%o", "%t", "%e", "%p", "%w"} {
			all[name+" by "+verb] = fmt.Sprintf(verb, v)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v, slog.Any("group", slog.GroupValue(slog.Any("v", v))))
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v, slog.Any("group", slog.GroupValue(slog.Any("v", v))))
		all[name+" by slog"] = log.String()
		text, err := json.Marshal(v)
		if err != nil && name != "*exported" && name != "exported" {
			t.Errorf("%s: %v", name, err)
		}
		all[name+" by json"] = fmt.Sprint(string(text), err)
	}
	return all
}

func TestKeyJSON(t *testing.T) {
	got, err := json.Marshal(struct {
		Key  *keys.Key
		None *keys.Key
	}{Key: coretest.SecretKey(t, keys.WithID("ü\U0001F511"))})
	want := `{"Key":"Key{HS256, id \"ü🔑\", can sign}","None":null}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
