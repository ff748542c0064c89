package core

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/field"
)

// FlaskConfig is a [Config] that behaves on the wire like Python's Flask-JWT
// 0.3.2, to port an API without its clients noticing: scheme JWT, realm Login
// Required, POST /auth with exactly two JSON fields, tokens of exp, iat, nbf and
// identity that live 300 seconds, 10 seconds of leeway, PyJWT's judgement of
// dates, and the texts and statuses of its errors. docs/flask-jwt.md puts each
// Flask line beside its Go line, with the differences and their reasons.
//
// Code and ReadEnv change the Config afterwards; the order of the statements is
// the only precedence. Rules.Required is the whole list there, as in Flask-JWT:
// to accept tokens without exp, take it from the list and set
// Rules.InsecureNoExpiry. Login.Methods always get OPTIONS, as Flask's routes do.
//
// Payload defaults to the claim identity: what Subject() returns if T has it,
// the identity itself if T is a string or an integer, the field ID of a struct or
// the member "id" of a map. Identify has a default for T = string, the
// claim identity, and for T = *[Claims].
func FlaskConfig[T any]() Config[T] {
	return Config[T]{
		flask:    true,
		Scheme:   flaskScheme,
		Realm:    flaskRealm,
		Lifetime: 300 * time.Second,
		Rules: ClaimRules{
			Leeway:         10 * time.Second,
			Required:       []string{"exp", "iat", "nbf"},
			VerifyIssuedAt: true,
			pyjwt:          true,
		},
		Login: LoginConfig{
			Name:       "jwt",
			Path:       "/auth",
			Methods:    []string{"POST", "OPTIONS"},
			OnlyFields: true,
		},
		OnError: func(_ Request, e *Error) Response { return FlaskErrorOf(e).Response() },
	}
}

const (
	flaskScheme = "JWT"
	flaskRealm  = "Login Required"
)

// flaskDefaults fills in the steps that FlaskConfig left nil, so that a field
// set to nil afterwards means Flask-JWT's default too.
func (c *Config[T]) flaskDefaults() {
	if !slices.Contains(c.Login.Methods, "OPTIONS") {
		c.Login.Methods = append(slices.Clone(c.Login.Methods), "OPTIONS")
	}
	if c.Lookup == nil && c.Sources == nil {
		c.Lookup = flaskLookup(c.Scheme)
	}
	if c.Identify == nil && reflect.TypeFor[T]().Kind() == reflect.String {
		c.Identify = func(_ context.Context, claims *Claims) (T, error) {
			var identity T
			if claims.mixed() {
				return identity, &Error{Kind: Internal, Claim: "identity", Cause: errMixed}
			}
			id, _ := claims.String("identity")
			reflect.ValueOf(&identity).Elem().SetString(id) // "" is nobody
			return identity, nil
		}
	}
	if id := flaskID[T](); c.Payload == nil && id != nil {
		c.Payload = func(_ context.Context, identity T) (Payload, error) {
			v, err := id(identity)
			if err == nil && (v == nil || v == "") { // 0 is an id like any other
				err = errNoFlaskID
			}
			return Payload{"identity": v}, err
		}
	}
	if c.AuthResponse == nil {
		c.AuthResponse = func(_ Request, _ T, issued Issued) Response {
			res, err := JSONResponse(200, map[string]string{"access_token": issued.Token})
			if err != nil {
				panic(err) // a string always marshals
			}
			return res
		}
	}
	if c.OnError == nil {
		c.OnError = func(_ Request, e *Error) Response { return FlaskErrorOf(e).Response() }
	}
}

var errNoFlaskID = errors.New("the identity has no id, or an empty one")

// flaskID is identity.id or identity['id'] of the original, for T; nil if T has
// nothing of the kind.
func flaskID[T any]() func(T) (any, error) {
	t := reflect.TypeFor[T]()
	type subject interface{ Subject() string }
	switch {
	case t.Implements(reflect.TypeFor[subject]()):
		return func(v T) (any, error) { return any(v).(subject).Subject(), nil }
	case reflect.PointerTo(t).Implements(reflect.TypeFor[subject]()):
		return func(v T) (any, error) { return any(&v).(subject).Subject(), nil }
	}
	switch t.Kind() {
	case reflect.String:
		return func(v T) (any, error) { return reflect.ValueOf(v).String(), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(v T) (any, error) { return v, nil }
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil
		}
		id := reflect.ValueOf("id").Convert(t.Key())
		return func(v T) (any, error) { return value(reflect.ValueOf(v).MapIndex(id)) }
	case reflect.Pointer:
		if f, ok := fieldID(t.Elem()); ok {
			return func(v T) (any, error) { return value(reflect.ValueOf(v).Elem().FieldByIndexErr(f)) }
		}
	case reflect.Struct:
		if f, ok := fieldID(t); ok {
			return func(v T) (any, error) { return value(reflect.ValueOf(v).FieldByIndexErr(f)) }
		}
	}
	return nil
}

// fieldID finds the field ID of a struct, be it an embedded one's.
func fieldID(t reflect.Type) (index []int, ok bool) {
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	f, ok := t.FieldByName("ID")
	return f.Index, ok && f.IsExported()
}

// value is what a reflect.Value holds, nil if it is none.
func value(v reflect.Value, errs ...error) (any, error) {
	if err := errors.Join(errs...); err != nil || !v.IsValid() {
		return nil, err
	}
	return v.Interface(), nil
}

// flaskJSON reports whether Flask took a body of this type for JSON.
func flaskJSON(media string) bool {
	return strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

// flaskLookup is the original's request_handler: the Authorization header split
// at white space, tabs too, its scheme compared without case.
func flaskLookup(scheme string) LookupHandler {
	var source Source = HeaderSource{Name: "Authorization", Scheme: scheme}
	return func(r Request) (Credential, error) {
		c := Credential{Scheme: scheme, Source: source}
		values := r.Header("Authorization")
		if len(values) > 1 {
			return c, &Error{Kind: BadRequest, Cause: errTwoFields}
		}
		if len(values) == 0 {
			return c, MissingToken
		}
		if field.HasControl(strings.ReplaceAll(values[0], "\t", " ")) {
			return c, &Error{Kind: BadRequest, Cause: errControl}
		}
		parts := strings.FieldsFunc(values[0], func(r rune) bool { return r == ' ' || r == '\t' })
		switch {
		case len(parts) == 0: // the original failed with 500 on white space alone
			return c, MissingToken
		case !strings.EqualFold(parts[0], scheme):
			return c, errFlaskScheme
		case len(parts) == 1:
			return c, errFlaskEmpty
		case len(parts) > 2:
			return c, errFlaskSpaces
		}
		c.Token = parts[1]
		return c, nil
	}
}

// The refusals of the original's request_handler. They are a BadRequest by our
// reckoning and 401 on its wire.
var (
	errFlaskScheme = flaskHeaderError("Unsupported authorization type")
	errFlaskEmpty  = flaskHeaderError("Token missing")
	errFlaskSpaces = flaskHeaderError("Token contains spaces")
)

func flaskHeaderError(description string) *Error {
	return &Error{Kind: BadRequest, Cause: &FlaskError{Err: "Invalid JWT header", Description: description}}
}
