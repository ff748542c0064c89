package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/keys"
)

// EncodeHandler makes a token of a header, which holds what Headers returned,
// and a complete payload. The token is handed out exactly as returned.
// Flask-JWT called it jwt_encode_handler.
type EncodeHandler func(ctx context.Context, header map[string]any, payload Payload) (token string, err error)

// Encoder is the default [EncodeHandler] over the given signer, to be wrapped by
// an EncodeHandler of your own. It adds alg, typ JWT, and as kid the id under which
// the key is published, where the header does not name typ or kid itself. A secret
// that was given no id has none.
func Encoder(signer keys.Signer) EncodeHandler {
	if signer == nil {
		panic("jwtgate: core.Encoder: signer is nil")
	}
	return encoder(signer, (*keys.Key).ID)
}

// givenID is the id of a key that was given one: with FlaskConfig, tokens of a key
// without are those of the original, byte for byte.
func givenID(key *keys.Key) string { return key.Raw(inside.Pass{}).GivenID() }

// encoder is Encoder with kids of one's choice.
func encoder(signer keys.Signer, kid func(*keys.Key) string) EncodeHandler {
	return func(ctx context.Context, header map[string]any, payload Payload) (string, error) {
		key, err := signer.SigningKey(ctx)
		if err != nil {
			return "", keySourceError(err)
		}
		if key == nil {
			return "", errors.New("the Signer returned no key")
		}
		raw := key.Raw(inside.Pass{})
		h := map[string]any{"alg": raw.Algorithm(), "typ": "JWT"}
		if id := kid(key); id != "" {
			h["kid"] = id
		}
		for name, value := range header {
			if name != "alg" {
				h[name] = value
			}
		}
		head, err := json.Marshal(h)
		if err != nil {
			return "", fmt.Errorf("header: %w", err)
		}
		body, err := json.Marshal(payload)
		if err != nil {
			return "", fmt.Errorf("payload: %w", err)
		}
		input := jws.Encode(head) + "." + jws.Encode(body)
		signature, err := raw.Sign(ctx, raw.Algorithm(), input)
		if err != nil {
			return "", outageOf(fmt.Errorf("sign: %w", err))
		}
		return input + "." + jws.Encode(signature), nil
	}
}
