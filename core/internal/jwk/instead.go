package jwk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

const (
	setWanted = `a JWK Set is wanted, {"keys":[…]} (RFC 7517 section 5)`
	keyWanted = "one JWK is wanted (RFC 7517 section 4)"
)

// NoKey says what a text is that is no JWK, and what to do.
func NoKey(data []byte) error { return instead(data, keyWanted) }

// instead says what a text is that is not what is wanted, and what to do. It shows
// nothing of it but the names of members.
func instead(data []byte, wanted string) error {
	text := bytes.TrimSpace(data)
	begins := func(s string) bool { return bytes.HasPrefix(text, []byte(s)) }
	switch {
	case len(text) == 0:
		return errors.New("it is empty, and " + wanted)
	case begins("-----BEGIN"):
		return errors.New("it is a PEM text, and " + wanted)
	case begins("<"):
		return errors.New("it is HTML or XML, as of a login page or an error, and " + wanted)
	case begins("eyJ"):
		return errors.New("it is a JWT, as a set that is signed or encrypted, and " + wanted)
	case !json.Valid(text):
		return errors.New("it is not JSON, and " + wanted)
	case begins("["):
		var list []struct{ Kty json.RawMessage }
		if json.Unmarshal(text, &list) == nil && len(list) > 0 && list[0].Kty != nil {
			return errors.New("it is an array of JWKs, and " + wanted + `: put the array into {"keys":…}, which keys.ParseSet and keys.LoadSet read`)
		}
		return errors.New("it is a JSON array and not a JSON object, and " + wanted)
	case !begins("{"):
		return errors.New("it is not a JSON object, and " + wanted)
	}
	members, err := strictjson.Object(string(text), nil)
	if errors.Is(err, strictjson.ErrDuplicate) {
		return errors.New("it has two members of one name (RFC 7517 section 4)")
	}
	if err != nil {
		return fmt.Errorf("it is not a strict JSON object: %w", err)
	}
	return insteadObject(members, wanted)
}

func insteadObject(members []strictjson.Member, wanted string) error {
	has := func(name string) bool {
		return slices.ContainsFunc(members, func(m strictjson.Member) bool { return m.Name == name })
	}
	pem := func(m strictjson.Member) bool {
		s, ok := strictjson.String(m.Value)
		return ok && strings.Contains(s, "-----BEGIN")
	}
	nested := func(m strictjson.Member) bool {
		var inner struct{ Keys []json.RawMessage }
		return strings.HasPrefix(m.Value, "{") && json.Unmarshal([]byte(m.Value), &inner) == nil && inner.Keys != nil
	}
	switch {
	case has("keys"):
		return errors.New("it is a JWK Set, and " + wanted + ": load it with keys.ParseSet or keys.LoadSet")
	case has("kty"):
		return errors.New("it is a single JWK, and " + wanted + `: put it into {"keys":[…]}, or load it with keys.Parse or keys.Load`)
	case has("jwks_uri"):
		return errors.New("it is the metadata of a provider (a discovery document), and " + wanted + ": give keys.NewOIDC the issuer, or keys.NewRemote the URL in its jwks_uri")
	case slices.ContainsFunc(members, pem):
		return errors.New("it is a map from key ids to certificates or keys in PEM, and " + wanted + ": say RemoteConfig.Format keys.PEMMap, or load the PEM texts themselves")
	case slices.ContainsFunc(members, nested):
		i := slices.IndexFunc(members, nested)
		return fmt.Errorf("its keys are inside its member %.32q, and %s: take them out", members[i].Name, wanted)
	case has("error") || has("message"):
		return errors.New("it is an error that the server tells of, and " + wanted)
	case len(members) == 0:
		return errors.New("it is an empty object, and " + wanted)
	}
	var names []string
	for _, m := range members[:min(len(members), 5)] {
		names = append(names, fmt.Sprintf("%.32q", m.Name))
	}
	missing := "member keys"
	if wanted == keyWanted {
		missing = "kty"
	}
	return fmt.Errorf("it has no %s, but %s, and %s", missing, strings.Join(names, ", "), wanted)
}
