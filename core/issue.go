package core

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// Issue makes a token for an identity: the line "out" without HTTP. The moment is
// from Begin, taken before the identity was authenticated. Further claims replace
// those of Config.Payload, and later ones earlier ones. With Sessions it starts a session, whose later tokens do not
// have the further claims. The error is an *[Error]; [BadCredentials], if the subject
// was ended after the moment.
func (a *Auth[T]) Issue(ctx context.Context, moment Moment, identity T, extra ...Payload) (issued Issued, err error) {
	o, s := a.watch(ActionIssue, nil), sessions.Session{}
	defer func() { o.end(withSession(ctx, s), err) }()
	defer recoverTo(&err)
	_, issued, err = a.admit(ctx, moment, identity, extra, Credentials{})
	if s = issued.Session; err != nil {
		return Issued{}, classify(err)
	}
	return issued, nil
}

// admit is the end of every login: the token, the answer to the request of the
// Credentials, if there is one, and the session, if there are any. The session comes last, when
// nothing is left that could fail. The session is set as far as it is known.
func (a *Auth[T]) admit(ctx context.Context, m Moment, identity T, extra []Payload, c Credentials) (res Response, issued Issued, err error) {
	if m, err = a.since(ctx, m); err != nil {
		return res, issued, err
	}
	var s *sessions.Session
	var token refreshToken
	if a.sessions != nil {
		token = newRefreshToken(a.realm)
		id, now := token.sessionID(), a.sessionTime()
		delivery, err := a.deliveryOf(c)
		if err != nil {
			return res, issued, err
		}
		s = &sessions.Session{
			ID: id, Label: a.label(c.Request), Stamp: a.stampOf(identity, id), Delivery: delivery,
			Created: now, LastUsed: now, Expires: a.sessions.expiry(now, now),
		}
	}
	if issued, err = a.mint(ctx, m.order, identity, extra, s); err != nil {
		return res, issued, err
	}
	if s != nil {
		issued.RefreshToken, issued.Session = token.String(), *s
	}
	if c.Request != nil {
		if res, err = a.welcome(c.Request, identity, issued); err != nil {
			return res, issued, err
		}
	}
	if err = a.check(m); err == nil && a.order != nil {
		err = a.endedSince(ctx, issued.claims)
	}
	if err == nil && s != nil {
		err = a.create(ctx, m, *s, token)
	}
	return res, issued, err
}

// mint makes a token, of a session unless that is nil.
func (a *Auth[T]) mint(ctx context.Context, order int64, identity T, extra []Payload, s *sessions.Session) (Issued, error) {
	if a.payload == nil || a.encode == nil {
		return Issued{}, errors.New("this Auth issues no tokens: Config has no Payload, or nothing that signs")
	}
	own, err := bounded(ctx, a.timeout, a.payload, identity)
	if err != nil {
		return Issued{}, err
	}
	if own == nil {
		return Issued{}, errors.New("Payload returned nil")
	}
	payload := make(Payload, len(own)+6)
	maps.Copy(payload, own) // the user's map stays his
	for _, p := range extra {
		maps.Copy(payload, p)
	}
	if s != nil {
		if err := claimSession(s, payload); err != nil {
			return Issued{}, err
		}
	}
	if a.order != nil {
		if _, ok := payload[setup.OrderClaim]; ok {
			return Issued{}, errors.New("Payload names " + setup.OrderClaim + ", which is Revocation's")
		}
		payload[setup.OrderClaim] = order
	}
	exp, err := a.complete(payload)
	if err == nil {
		err = a.own.claims(payload)
	}
	if err != nil {
		return Issued{}, err
	}
	for _, name := range a.needed {
		if v := payload[name]; v == nil || v == "" {
			return Issued{}, fmt.Errorf("Payload has no %s, and without it Revocation would refuse the token", name)
		}
	}
	if s != nil { // no token outlives its session
		if end := s.Created.Add(a.sessions.Lifetime).Truncate(time.Second); exp.After(end) {
			exp, payload["exp"] = end, end.Unix()
		}
	}
	header, err := a.header(ctx, identity, payload)
	if err != nil {
		return Issued{}, err
	}
	encode := func(ctx context.Context, p Payload) (string, error) { return a.encode(ctx, header, p) }
	token, err := bounded(ctx, a.timeout, encode, payload)
	if err != nil {
		return Issued{}, err
	}
	if token == "" {
		return Issued{}, errors.New("Encode returned an empty token")
	}
	if err := a.own.token(token); err != nil {
		return Issued{}, err
	}
	id, _ := payload["jti"].(string)
	issued := Issued{Token: token, Expires: exp, ExpiresIn: left(a.now(), exp), ID: id}
	if a.order != nil {
		issued.claims, err = NewClaims(payload)
	}
	return issued, err
}

// left is the time from now to exp, in whole seconds, never negative.
func left(now, exp time.Time) time.Duration {
	const most = int64(math.MaxInt64 / time.Second)
	return time.Duration(min(max(0, exp.Unix()-now.Unix()), most)) * time.Second
}

// claimSession puts a session into its token's payload, and the payload's subject
// into a session that has none yet.
func claimSession(s *sessions.Session, p Payload) error {
	if _, ok := p["sid"]; ok {
		return errors.New("Payload names sid, which is the session's")
	}
	sub, _ := p["sub"].(string)
	switch {
	case sub == "" || !utf8.ValidString(sub):
		return errors.New("Payload has no sub that is text, and a session needs one")
	case s.Subject != "" && s.Subject != sub:
		return errors.New("Renew returned another identity: its sub is not that of the session")
	}
	s.Subject, p["sid"] = sub, s.ID
	return nil
}

// complete adds the registered claims and checks what the Payload brought.
func (a *Auth[T]) complete(p Payload) (exp time.Time, err error) {
	if _, ok := p["iss"]; ok {
		return exp, errors.New("Payload names iss; set Rules.Issuer instead")
	}
	now := a.now()
	put := func(name string, value any) {
		if _, ok := p[name]; !ok {
			p[name] = value
		}
	}
	put("iat", now.Unix())
	if a.notBefore > 0 || a.flask || slices.Contains(a.rules.Required, "nbf") {
		put("nbf", now.Add(a.notBefore).Unix())
	}
	if !a.noExpiry {
		put("exp", now.Add(a.lifetime).Unix())
	}
	if !a.flask {
		put("jti", rand.Text())
	}
	if a.rules.Issuer != "" {
		p["iss"] = a.rules.Issuer
	}
	switch aud := a.audience; len(aud) {
	case 0:
	case 1:
		put("aud", aud[0])
	default:
		put("aud", slices.Clone(aud))
	}
	for _, name := range []string{"iat", "nbf", "exp"} {
		if _, ok := p[name]; !ok { // nbf, or exp where none is wanted
			continue
		}
		seconds, at, err := numericDate(p[name])
		if err != nil {
			return exp, fmt.Errorf("Payload: %s: %w", name, err)
		}
		if p[name] = seconds; name == "exp" {
			exp = at
		}
	}
	for _, name := range a.rules.Required {
		if _, ok := p[name]; !ok {
			return exp, fmt.Errorf("Payload is missing required claims: %s", name)
		}
	}
	return exp, nil
}

func (a *Auth[T]) header(ctx context.Context, identity T, p Payload) (map[string]any, error) {
	header := map[string]any{}
	if types := a.rules.Types; types != nil && !a.own.types["jwt"] {
		header["typ"] = types[0]
	}
	if a.headers != nil {
		headers := func(ctx context.Context, identity T) (map[string]any, error) { return a.headers(ctx, identity, p) }
		own, err := bounded(ctx, a.timeout, headers, identity)
		if err != nil {
			return nil, err
		}
		maps.Copy(header, own)
	}
	for _, name := range []string{"alg", "kid", "crit", "b64"} {
		if _, ok := header[name]; ok && !(a.flask && name == "kid") { // there it is the handler's
			return nil, fmt.Errorf("Headers names %s, which is not for it to say", name)
		}
	}
	return header, nil
}
