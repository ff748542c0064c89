package main

import (
	"context"
	"log/slog"

	"github.com/jwtgate/jwtgate/core"
)

// audit writes down who did what, from where, in a log of its own: a line for each login,
// refresh and logout, and for each token that a gate refused. Strangers decide how long it
// gets, so have it rotated by its size.
type audit struct{ log *slog.Logger }

// Observe implements [core.Observer]. What comes first is ours: the outcome and the
// address, which fail2ban/filter.conf reads in slog's text and in its JSON. What the client has chosen comes last.
func (a audit) Observe(ctx context.Context, e core.Event) {
	switch e.Action {
	case core.ActionLogin, core.ActionRefresh, core.ActionLogout, core.ActionSessions:
	case core.ActionVerify:
		if e.Kind == 0 || e.Kind == core.MissingToken { // the access log has them
			return
		}
	default:
		return
	}
	session, _ := e.Session(ctx)
	a.log.LogAttrs(ctx, slog.LevelInfo, "audit",
		slog.String("action", e.Action.String()), slog.String("kind", e.Kind.String()), slog.String("peer", e.Peer),
		slog.String("session", session.ID), slog.String("account", e.Account))
}
