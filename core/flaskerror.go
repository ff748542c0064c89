package core

import (
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// FlaskError is Flask-JWT's exception of that name: what its error handler gets. A
// step of a [FlaskConfig] may return one to choose the words of a refusal itself.
type FlaskError struct {
	Err         string // the body's "error"
	Description string // the body's "description"
	StatusCode  int    // 0 is 401
	Header      map[string]string
}

// Error is "error. description", as str() gave it.
func (e *FlaskError) Error() string {
	if e == nil {
		return "a nil *FlaskError"
	}
	return e.Err + ". " + e.Description
}

// GoString is what repr() gave.
func (e *FlaskError) GoString() string { return "JWTError: " + e.Err }

// Unwrap gives the error a [Kind] by its status, for the [Observer]. A nil that was
// returned as an error says nothing, so it is a defect.
func (e *FlaskError) Unwrap() error {
	if e == nil {
		return Internal
	}
	switch e.StatusCode {
	case 0, 401:
		return BadToken
	case 403:
		return Forbidden
	case 429:
		return TooManyRequests
	case 503:
		return Unavailable
	}
	if e.StatusCode >= 400 && e.StatusCode < 500 {
		return BadRequest
	}
	return Internal
}

// Response is the original's default answer: a JSON object with description,
// error and status_code, and the headers.
func (e *FlaskError) Response() Response {
	status := e.StatusCode
	setup.Default(&status, 401)
	res, err := JSONResponse(status, struct {
		Description string `json:"description"`
		Error       string `json:"error"`
		StatusCode  int    `json:"status_code"`
	}{e.Description, e.Err, status})
	if err != nil {
		panic(fmt.Errorf("jwtgate: %w", err)) // strings and a number always marshal
	}
	for name, value := range e.Header {
		res.Header.Set(name, value)
	}
	return res
}

// FlaskErrorOf puts a refusal into the words of Flask-JWT, and of the PyJWT 1.4
// behind it. An [ErrorHandler] of a [FlaskConfig] starts from it, as the original's
// jwt_error_handler started from a JWTError.
func FlaskErrorOf(e *Error) *FlaskError {
	var own *FlaskError
	switch {
	case errors.As(e.Cause, &own) && own != nil:
		return own
	case e.Kind == MissingToken:
		realm := e.by.realm
		setup.Default(&realm, flaskRealm)
		return &FlaskError{
			Err: "Authorization Required", Description: "Request does not contain an access token",
			// The scheme is JWT whatever the prefix is set to, as in the original.
			Header: map[string]string{"Www-Authenticate": `JWT realm="` + quotedEscaper.Replace(realm) + `"`},
		}
	case e.Kind == UnknownIdentity:
		return &FlaskError{Err: "Invalid JWT", Description: "User does not exist"}
	case e.Kind == BadCredentials, e.Kind == BadBody && !isAny(e.Cause, notJSON...):
		return &FlaskError{Err: "Bad Request", Description: "Invalid credentials"}
	case errors.Is(e.Kind, BadToken):
		return &FlaskError{Err: "Invalid token", Description: pyjwtText(e)}
	}
	// What the original did not have, or answered with a page of HTML.
	k := e.Kind.row()
	flask := &FlaskError{Err: titles[k.status], Description: k.text, StatusCode: k.status, Header: map[string]string{}}
	for name, values := range e.Response().Header {
		switch {
		case name == "Content-Type":
		case name == "Www-Authenticate" && e.Kind == BadRequest: // only E1 had one
		default:
			flask.Header[name] = values[0]
		}
	}
	return flask
}

// titles are Werkzeug's names of the statuses.
var titles = map[int]string{
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 405: "Method Not Allowed",
	413: "Request Entity Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests",
	500: "Internal Server Error", 503: "Service Unavailable",
}

// notJSON are the bodies that Flask itself refused, with 400.
var notJSON = []error{strictjson.ErrSyntax, strictjson.ErrTrailing, strictjson.ErrUTF8}

const (
	badSignatureText = "Signature verification failed"
	badAlgText       = "The specified alg value is not allowed"
)

// pyjwtText is what PyJWT 1.4 said of such a token. inPyJWTsWords has chosen
// already where that depends on the token's form.
func pyjwtText(e *Error) string {
	switch e.Kind {
	case Malformed:
		switch {
		case errors.Is(e.Cause, jws.ErrParameter):
			return badAlgText
		case errors.Is(e.Cause, strictjson.ErrNotObject) || isAny(e.Cause, notJSON...):
			return "Invalid payload string: must be a json object"
		case errors.Is(e.Cause, jwt.ErrTokenMalformed): // from a DecodeHandler of the user's
			return "Not enough segments"
		}
	case WrongAlgorithm:
		return badAlgText
	case BadSignature, UnknownKey:
		return badSignatureText
	case Expired:
		return "Signature has expired"
	case NotYetValid:
		return "The token is not yet valid (nbf)"
	case IssuedInFuture:
		return "Issued At claim (iat) cannot be in the future."
	case WrongIssuer:
		return "Invalid issuer"
	case WrongAudience:
		return "Invalid audience"
	case MissingClaim:
		if e.Claim != "" {
			return `Token is missing the "` + e.Claim + `" claim`
		}
	case BadClaim:
		if text, ok := badClaimTexts[e.Claim]; ok {
			return text
		}
	}
	return "Token is invalid" // what the original did not refuse
}

var badClaimTexts = map[string]string{
	"exp": "Expiration Time claim (exp) must be an integer.",
	"nbf": "Not Before claim (nbf) must be an integer.",
	"iat": "Issued At claim (iat) must be an integer.",
	"aud": "Invalid claim format in token",
	"iss": "Invalid issuer",
}
