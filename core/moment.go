package core

import (
	"context"
	"errors"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// Moment is a place in the order of logins and endings: when somebody began to
// look at credentials. Whose sessions are ended after it, by EndSessionsOf or by
// an [OrderedRevocation], is not let in by what was looked at before it. The zero
// Moment means now, and is right only where nothing was waited for in between.
type Moment struct {
	realm  string
	ticket int64     // of the session store
	order  int64     // of the OrderedRevocation
	at     time.Time // by Config.Now
	began  time.Time // by the clock of the process, which does not leap
}

var (
	errMomentRealm = errors.New("the Moment is from an Auth of another realm")
	errMomentOld   = because("the login began more than %v ago, which is longer than an ending is remembered", setup.LoginLasts)
	errEndedSince  = because("the subject's sessions or tokens were ended after the login began")
)

// Begin is to be called before the credentials of an identity are looked at that
// Admit or Issue will be called with: before the redirect comes back, the code is
// compared, the directory is asked. It is good for five minutes. Login calls it
// itself. The error is an *[Error].
func (a *Auth[T]) Begin(ctx context.Context) (m Moment, err error) {
	defer recoverTo(&err)
	if m, err = a.begin(ctx); err != nil {
		return Moment{}, classify(err)
	}
	return m, nil
}

func (a *engine) begin(ctx context.Context) (m Moment, err error) {
	m = Moment{realm: a.realm, at: a.sessionTime(), began: time.Now()}
	if a.sessions != nil {
		m.ticket, err = stored(ctx, a.timeout, func(ctx context.Context) (int64, error) {
			return a.sessions.Store.Ticket(ctx, a.realm)
		})
		if err != nil {
			return Moment{}, err
		}
	}
	m.order, err = a.ordinal(ctx)
	return m, err
}

// since is the moment, or now if it is zero.
func (a *engine) since(ctx context.Context, m Moment) (Moment, error) {
	if m == (Moment{}) {
		return a.begin(ctx)
	}
	if m.realm != a.realm {
		return m, errMomentRealm
	}
	return m, nil
}

// check refuses a login that has taken too long for its numbers to be compared:
// by whichever clock it took longer.
func (a *engine) check(m Moment) error {
	if a.sessions == nil && a.order == nil {
		return nil
	}
	if max(a.sessionTime().Sub(m.at), time.Since(m.began)) > setup.LoginLasts {
		return &Error{Kind: BadCredentials, Cause: errMomentOld}
	}
	return nil
}
