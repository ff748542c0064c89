package localissuer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/jwtgate/jwtgate/core/keys"
)

// metadata are those of OpenID Connect Discovery 1.0 section 3 and RFC 8414 section 2.
func (i *Issuer) metadata(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                i.URL,
		"jwks_uri":                              i.URL + "/jwks.json",
		"authorization_endpoint":                i.URL + "/authorize",
		"token_endpoint":                        i.URL + "/token",
		"userinfo_endpoint":                     i.URL + "/userinfo",
		"end_session_endpoint":                  i.URL + "/end_session",
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token", "client_credentials", "password"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"none", "client_secret_basic", "client_secret_post"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{i.Algorithm},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"claims_supported":                      []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash"},
		"request_uri_parameter_supported":       false, // true is the default of OpenID Connect Discovery

		"authorization_response_iss_parameter_supported": true, // RFC 9207
	})
}

func (i *Issuer) keySet(w http.ResponseWriter, _ *http.Request) {
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{[]json.RawMessage{}}
	published, _ := i.Find(context.Background(), keys.Hint{})
	for _, k := range published {
		public, err := k.Public()
		if err == nil {
			var jwk []byte
			jwk, err = public.JWK()
			set.Keys = append(set.Keys, jwk)
		}
		if err != nil {
			refuse(w, errors.New("the key set cannot be written"))
			return
		}
	}
	answer(w, http.StatusOK, set)
}
