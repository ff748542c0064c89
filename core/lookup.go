package core

import (
	"errors"

	"github.com/jwtgate/jwtgate/core/internal/keep"
)

// Credential is what a request presents: the token, the scheme it came under
// (for a header) and the source it was found in. Token is not verified.
type Credential struct {
	Token  string
	Scheme string
	Source Source // nil if a LookupHandler of the user's does not say
}

// inQuery reports whether the token was in the query, which others log and cache.
func (c Credential) inQuery() bool {
	_, ok := c.Source.(QuerySource)
	return ok
}

// foreign keeps the token of a source that is not ours: it is a piece of who knows
// what. Ours have seen to it.
func (c *Credential) foreign() {
	if isForeign(c.Source) {
		c.Token, c.Scheme = keep.String(c.Token), keep.String(c.Scheme)
	}
}

// LookupHandler finds the credential of a request. It returns [MissingToken] if there
// is none, [BadRequest] if it is presented against the rules. Flask-JWT called it
// request_handler.
type LookupHandler func(Request) (Credential, error)

// Source is a place in a request where a token may be: HeaderSource, [CookieSource],
// [QuerySource], [FormSource], [JSONSource], [ProtocolSource] or [SourceFunc]. Find returns [MissingToken] if the
// place holds nothing. It need not fill in Credential.Source: Lookup does.
type Source interface {
	Find(Request) (Credential, error)
}

// Lookup returns the [LookupHandler] that looks in the given sources, HeaderSource{}
// if none is given. A token in a header, a query, a body or a [SourceFunc] is there on
// purpose, so two of them are a [BadRequest] (RFC 6750 section 2). A browser
// sends a cookie unasked, so cookies count only if nothing else was found, the
// first that is there decides, and what a header says is final.
//
// It panics if a source cannot work; [New] reports the same as an error.
func Lookup(sources ...Source) LookupHandler {
	if err := checkSources(sources, defaultScheme).Err("jwtgate: core.Lookup"); err != nil {
		panic(err.Error())
	}
	return lookup(sources, defaultScheme)
}

const defaultScheme = "Bearer"

func lookup(sources []Source, scheme string) LookupHandler {
	var explicit, cookies []Source
	for _, s := range sources {
		switch v := s.(type) {
		case HeaderSource:
			explicit = append(explicit, v.withDefaults(scheme))
		case QuerySource:
			explicit = append(explicit, v.withDefaults())
		case CookieSource:
			cookies = append(cookies, v.withDefaults())
		default:
			explicit = append(explicit, s)
		}
	}
	if len(sources) == 0 {
		explicit = []Source{HeaderSource{}.withDefaults(scheme)}
	}
	if len(explicit) == 1 && len(cookies) == 0 {
		return only(explicit[0])
	}
	return func(r Request) (Credential, error) {
		var found Credential
		have := false
		var none error = MissingToken
		for _, s := range explicit {
			switch c, err := s.Find(r); {
			case isMissing(err):
				if none == MissingToken {
					none = missing(err)
				}
			case err != nil:
				return Credential{Source: s}, err
			case have:
				return Credential{Source: s}, &Error{Kind: BadRequest, Cause: errTwoMethods}
			default:
				found, have = c, true
				if c.Source == nil {
					found.Source = s
				}
			}
		}
		if have {
			return found, nil
		}
		for _, s := range cookies {
			if c, err := s.Find(r); !isMissing(err) {
				c.Source = s
				return c, err
			}
		}
		return Credential{}, none
	}
}

// only is lookup where there is one source: the usual case, and nothing to decide.
func only(s Source) LookupHandler {
	find := s.Find
	if h, ok := s.(HeaderSource); ok {
		find = h.find
	}
	return func(r Request) (c Credential, err error) {
		switch c, err = find(r); {
		case isMissing(err):
			return Credential{}, missing(err)
		case err != nil:
			return Credential{Source: s}, err
		case c.Source == nil:
			c.Source = s
		}
		return c, nil
	}
}

// isMissing reports whether an error says that there is no credential, and not
// that something else went wrong, of which MissingToken is only the cause.
func isMissing(err error) bool {
	return err == MissingToken || err != nil && errors.Is(err, MissingToken) && classify(err).Kind == MissingToken
}

var errTwoMethods = because("a token is presented by more than one method")

var (
	errEmptyField    = &Error{Kind: MissingToken, Cause: because("the header field for the token is there, and empty")}
	errTwoFields     = because("the header field with the token is there more than once")
	errControl       = because("the header field or the cookie with the token has a tab or another control character in it: one space stands between the scheme and the token")
	errEmptyToken    = because("the header field has the scheme, and no token behind it")
	errSeveralTokens = because("the header field has a space or a comma in the token, or more than one token")
)
