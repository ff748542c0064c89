package core

// Kind says why a request was refused. It is an error, so a step says no by
// returning one: return nil, core.Forbidden. Kinds form a shallow tree for
// errors.Is: every kind from [Malformed] to [UnknownIdentity] is a [BadToken], [BadBody]
// is a [BadRequest], and [ReusedRefresh] a [BadRefresh].
//
// A Kind has one answer, given by the table kinds: the status, the error code
// of RFC 6750 section 3.1, the text and whether a challenge goes with it. All
// kinds of BadToken have the same answer, so that a client learns nothing about
// why a token of somebody else fails.
type Kind uint8

const (
	// MissingToken: the request carries no credential of a kind we look for.
	MissingToken Kind = iota + 1
	// BadRequest: the credential is presented in a way the standards forbid
	// (RFC 6750 section 3.1, invalid_request).
	BadRequest
	// BadBody: the body of a login is not what the endpoint reads. A BadRequest.
	BadBody

	// BadToken: the token is not valid (RFC 6750 section 3.1, invalid_token).
	BadToken
	// Malformed: not a JWS in compact form with a JSON object in it. A BadToken.
	Malformed
	// WrongAlgorithm: no key found may be used with the token's algorithm. A BadToken.
	WrongAlgorithm
	// UnknownKey: the key source knows no key for the token. A BadToken.
	UnknownKey
	// BadSignature: no key found verifies the signature. A BadToken.
	BadSignature
	// WrongType: the header's typ is not one that is accepted here. A BadToken.
	WrongType
	// Expired: exp has passed (RFC 7519 section 4.1.4). A BadToken.
	Expired
	// NotYetValid: nbf has not come (RFC 7519 section 4.1.5). A BadToken.
	NotYetValid
	// IssuedInFuture: iat has not come, where that is checked. A BadToken.
	IssuedInFuture
	// TooOld: iat is longer ago than the maximum age. A BadToken.
	TooOld
	// WrongIssuer: iss is not the one configured (RFC 7519 section 4.1.1). A BadToken.
	WrongIssuer
	// WrongAudience: aud names none of ours (RFC 7519 section 4.1.3). A BadToken.
	WrongAudience
	// MissingClaim: a required claim is absent. A BadToken.
	MissingClaim
	// BadClaim: a claim has a wrong type or value. A BadToken.
	BadClaim
	// Revoked: the token was valid and has been called back. A BadToken.
	Revoked
	// UnknownIdentity: the token is valid, its subject is nobody we know. A BadToken.
	UnknownIdentity

	// BadRefresh: the refresh token is not one that can be exchanged (RFC 6749
	// section 5.2, invalid_grant): unknown, expired, or its session is over.
	BadRefresh
	// ReusedRefresh: the refresh token was exchanged before, so there is a copy of
	// it in wrong hands. The session has been ended. A BadRefresh.
	ReusedRefresh

	// RacedRefresh: with Sessions.Strict, the refresh token was exchanged a moment
	// ago, by another tab as it may be, which has the new ones.
	RacedRefresh
	// BadCredentials: the login names nobody, or the password is wrong; or the
	// subject's sessions were ended while it was looked at.
	BadCredentials
	// StepUp: the route needs a stronger or fresher login (RFC 9470).
	StepUp
	// Forbidden: we know who it is, and the answer is no.
	Forbidden
	// InsufficientScope: the token lacks a scope (RFC 6750 section 3.1).
	InsufficientScope
	// CSRF: a token from a cookie came without proof that our own pages sent it.
	CSRF
	// MethodNotAllowed: an endpoint of ours was called with another method.
	MethodNotAllowed
	// TooLarge: the body is longer than the endpoint reads.
	TooLarge
	// UnsupportedMedia: the body is of a type the endpoint does not read.
	UnsupportedMedia
	// TooManyRequests: somebody tries too often.
	TooManyRequests
	// Unavailable: a key source, store or callback could not answer now.
	Unavailable
	// Internal: a defect, ours or a callback's.
	Internal

	kindEnd
)

// kindRow is a row of the one table from a kind to what the client gets.
type kindRow struct {
	name      string // for logs and metrics: a closed set
	parent    Kind   // for errors.Is
	status    int
	code      string // the body's "error"
	challenge challengeForm
	text      string // the body's "description"; also error_description
}

// challengeForm is what WWW-Authenticate carries.
type challengeForm uint8

const (
	noChallenge    challengeForm = iota
	bareChallenge                // realm alone: no credential was judged (RFC 6750 section 3.1)
	codedChallenge               // realm, error and error_description
)

const badTokenText = "The access token is expired, revoked, malformed or invalid for other reasons"

// kinds is indexed by Kind. ARCHITECTURE.md prints it.
var kinds = [kindEnd]kindRow{
	MissingToken: {"missing", 0, 401, "missing_token", bareChallenge, "The request contains no access token"},
	BadRequest:   {"bad_request", 0, 400, "invalid_request", codedChallenge, "The request, or the way it presents an access token, is malformed"},
	BadBody:      {"bad_body", BadRequest, 400, "invalid_request", noChallenge, "The request body is not a JSON object with the expected fields"},

	BadToken:        badToken("bad_token", 0),
	Malformed:       badToken("malformed", BadToken),
	WrongAlgorithm:  badToken("wrong_algorithm", BadToken),
	UnknownKey:      badToken("unknown_key", BadToken),
	BadSignature:    badToken("bad_signature", BadToken),
	WrongType:       badToken("wrong_type", BadToken),
	Expired:         badToken("expired", BadToken),
	NotYetValid:     badToken("not_yet_valid", BadToken),
	IssuedInFuture:  badToken("issued_in_future", BadToken),
	TooOld:          badToken("too_old", BadToken),
	WrongIssuer:     badToken("wrong_issuer", BadToken),
	WrongAudience:   badToken("wrong_audience", BadToken),
	MissingClaim:    badToken("missing_claim", BadToken),
	BadClaim:        badToken("bad_claim", BadToken),
	Revoked:         badToken("revoked", BadToken),
	UnknownIdentity: badToken("unknown_identity", BadToken),

	BadRefresh:    badRefresh("bad_refresh", 0),
	ReusedRefresh: badRefresh("reused_refresh", BadRefresh),
	RacedRefresh:  {"raced_refresh", 0, 409, "refresh_raced", noChallenge, "The refresh token was exchanged a moment ago; whoever did it has the new tokens"},

	BadCredentials:    {"bad_credentials", 0, 401, "invalid_credentials", bareChallenge, "The credentials are not valid"},
	StepUp:            {"step_up", 0, 401, "insufficient_user_authentication", codedChallenge, "A stronger or more recent authentication is needed"},
	Forbidden:         {"forbidden", 0, 403, "forbidden", noChallenge, "This identity may not do this"},
	InsufficientScope: {"insufficient_scope", 0, 403, "insufficient_scope", codedChallenge, "The access token lacks a scope this request needs"},
	CSRF:              {"csrf", 0, 403, "csrf_check_failed", noChallenge, "The request does not prove that it comes from a trusted origin"},
	MethodNotAllowed:  {"method_not_allowed", 0, 405, "method_not_allowed", noChallenge, "This endpoint does not answer this method"},
	TooLarge:          {"too_large", 0, 413, "content_too_large", noChallenge, "The request body is too large"},
	UnsupportedMedia:  {"unsupported_media", 0, 415, "unsupported_media_type", noChallenge, "The request body must be application/json"},
	TooManyRequests:   {"too_many_requests", 0, 429, "too_many_requests", noChallenge, "Too many attempts"},
	Unavailable:       {"unavailable", 0, 503, "temporarily_unavailable", noChallenge, "The request cannot be answered at the moment"},
	Internal:          {"internal", 0, 500, "server_error", noChallenge, "The server failed to answer the request"},
}

func badToken(name string, parent Kind) kindRow {
	return kindRow{name, parent, 401, "invalid_token", codedChallenge, badTokenText}
}

func badRefresh(name string, parent Kind) kindRow {
	return kindRow{name, parent, 401, "invalid_grant", bareChallenge, "The refresh token is invalid, expired or revoked"}
}

// valid is the kind, if it is one of ours. What is none is a defect.
func (k Kind) valid() Kind {
	if k == 0 || k >= kindEnd {
		return Internal
	}
	return k
}

// row returns the kind's answer.
func (k Kind) row() *kindRow { return &kinds[k.valid()] }

// String is the kind's name in snake case, one of a closed set: fit for a
// metric's label.
func (k Kind) String() string {
	if k == 0 {
		return "ok"
	}
	return k.row().name
}

// Error makes a [Kind] an error. It is the name alone, so that a Kind reads the same
// however it is printed: package fmt takes Error before String.
func (k Kind) Error() string { return k.String() }

// Is makes errors.Is([Expired], [BadToken]) true.
func (k Kind) Is(target error) bool {
	t, ok := target.(Kind)
	return ok && t != 0 && (k == t || k.row().parent == t)
}

// Status is the HTTP status of the kind's answer.
func (k Kind) Status() int { return k.row().status }
