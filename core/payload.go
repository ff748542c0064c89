package core

import (
	"context"
	"errors"
)

// PayloadHandler says what a token tells of an identity. Core adds iat, exp, iss,
// aud, jti and, with Config.NotBefore, nbf. A [Payload] that names exp, nbf, iat, jti
// or aud wins; one that names iss is an error, since that is Rules.Issuer. Times may
// be a time.Time or a number of seconds. A nil Payload is an error.
//
// So is what this [Auth] would refuse itself, audience and Rules.Check apart: a claim
// of Rules.Required that is not there, a jti that is no text, a sub that is none where
// T is string, a token longer than Rules.MaxTokenBytes. It is [Internal], and the
// [Observer] hears the reason. Flask-JWT called it jwt_payload_handler.
type PayloadHandler[T any] func(ctx context.Context, identity T) (Payload, error)

// HeadersHandler adds members to the header of a token with this payload, which is
// complete and must not be changed: typ for example, which is else JWT or the first
// of Rules.Types. alg and kid are the key's, and crit is refused everywhere, so none
// of them may be named; but with [FlaskConfig] kid may, as in the original. Flask-JWT
// called it jwt_headers_handler.
type HeadersHandler[T any] func(ctx context.Context, identity T, payload Payload) (map[string]any, error)

// defaultPayload is sub.
func defaultPayload[T any]() PayloadHandler[T] {
	if _, ok := any((*T)(nil)).(*string); ok {
		return func(_ context.Context, identity T) (Payload, error) {
			if s := any(identity).(string); s != "" {
				return Payload{"sub": s}, nil
			}
			return nil, errors.New("the identity is empty")
		}
	}
	subject := as[interface{ Subject() string }, T]()
	if subject == nil {
		return nil
	}
	return func(_ context.Context, identity T) (Payload, error) { return subjectPayload(subject(identity)) }
}

func subjectPayload(s interface{ Subject() string }) (Payload, error) {
	if s.Subject() == "" {
		return nil, errors.New("Subject() is empty")
	}
	return Payload{"sub": s.Subject()}, nil
}
