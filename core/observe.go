package core

import (
	"context"
	"time"
)

// Observer sees every outcome. It is called in the request's own goroutine and
// must not block. A nil Observer costs nothing.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// StepObserver is an [Observer] that asks for Event.Steps, for which the clock is
// read twice a step. It is asked once, by [New].
type StepObserver interface {
	Observer
	WantsSteps() bool
}

// Action is what an [Event] tells the outcome of.
type Action uint8

const (
	// ActionVerify is a gate's decision.
	ActionVerify Action = iota + 1
	// ActionLogin is the login endpoint's, or Admit's.
	ActionLogin
	// ActionKeys is a fetch of keys from a provider, or a change of a key ring. It
	// belongs to no request.
	ActionKeys
	// ActionWait is a request's wait for a fetch of keys, with the fetch's number and in
	// the request's context. It comes before the ActionVerify, and beside the
	// ActionKeys, which says how the fetch ended.
	ActionWait
	// ActionPublish is the answer of an endpoint of KeyRoutes or
	// ResourceRoutes.
	ActionPublish
	// ActionRefresh is the refresh endpoint's, or Renew's. A Kind of ReusedRefresh
	// is a theft.
	ActionRefresh
	// ActionLogout is the end of a session, or of all: by the endpoints, by EndSession
	// or EndSessionsOf, or because a login was one more than Sessions.MaxPerSubject.
	ActionLogout
	// ActionSessions is the list of sessions, or the end of one from the list.
	ActionSessions
	// ActionStore is what a store or a deny list found wrong with its journal, or
	// with its connection. It belongs to no request.
	ActionStore
	// ActionGrace is a refresh token that had been exchanged a moment before and
	// was given the same pair again: to a second tab, to a client whose answer was
	// lost, or to somebody who has a copy and follows the owner. It comes beside
	// the ActionRefresh.
	ActionGrace
	// ActionIssue is Issue's.
	ActionIssue
	// ActionReject is an answer of Reject. What was refused, a Verify perhaps, has an
	// event of its own.
	ActionReject
	// ActionConnection is the end of a connection by UntilToken or UntilSession, and of
	// Reauthenticate; with a Resource, that questions about connections find no answer,
	// or do again. Who closes a connection by itself is not told of.
	ActionConnection
	// ActionStart is told once, by [New]: what the Auth does not check is in Posture.
	ActionStart

	actionEnd
)

// String is the action's name: one of a closed set, fit for a metric's label.
func (a Action) String() string {
	switch a {
	case ActionVerify:
		return "verify"
	case ActionLogin:
		return "login"
	case ActionKeys:
		return "keys"
	case ActionWait:
		return "wait"
	case ActionPublish:
		return "publish"
	case ActionRefresh:
		return "refresh"
	case ActionLogout:
		return "logout"
	case ActionSessions:
		return "sessions"
	case ActionStore:
		return "store"
	case ActionGrace:
		return "grace"
	case ActionIssue:
		return "issue"
	case ActionReject:
		return "reject"
	case ActionConnection:
		return "connection"
	case ActionStart:
		return "start"
	}
	return "unknown"
}

// Event is one outcome. A field means the same whatever the [Action], and is zero
// where there is nothing to say. An Event never holds a token, a key or a claim's
// value, and nothing of a token that was not verified but what Cause may; whom it is
// about, only Config.Who says, and [Event.Session]. Action, [Kind], Framework, [Guard] and the names of
// Steps are each of a closed set, fit for a metric's label.
type Event struct {
	Action Action
	// Kind is why it was refused, zero for a yes.
	Kind Kind
	// Status is that of the HTTP answer core made. Of a refusal that it did not answer
	// itself, it is the Kind's; of a yes that the handler answers, zero.
	Status int
	// Duration is the time that core and the callbacks took.
	Duration time.Duration
	// Steps are its parts, in order, for a StepObserver: of a gate and of Verify
	// lookup, decode, revocation, identify and guards, of the login throttle,
	// authenticate and issue, as far as they came to be asked.
	Steps []Step
	// Again is a gate behind another of the same Auth, which has told of the same
	// request already.
	Again bool
	// Anonymous is a yes without an identity, of Optional or Public.
	Anonymous bool
	// Stale is why a token counts as none, of Public.
	Stale Kind

	// Framework and Route are the request's, as its adapter names them: "gin",
	// "/orders/:id".
	Framework, Route string
	// Algorithm, KeyID and Issuer are those of the key that the event is about: of the
	// one that verified the token, or that came or went. Of a token Issuer is also the
	// one that its rules demand.
	Algorithm, KeyID, Issuer string
	// Cached is a token that the cache of verified tokens knew.
	Cached bool

	// Claim is the name of the claim that was judged wrong, if one was; the names of a
	// Path are joined with dots.
	Claim string
	// Guard is the name of the guard that said no, and Wanted what the refusal or,
	// failing that, the guard says was wanted: scopes, values, authentication contexts.
	// Of All it is the one of them that said it, with Any all of them did, so Guard is
	// "any" and Wanted has what each wants; Guard.Named puts a name in the place of
	// these. "!banned" is what Not did not want.
	Guard  string
	Wanted []string

	// Resource names what the event is about where that is no request: a key source by
	// its URL, without the query, a journal by its file, a connection.
	Resource string
	// Fetch is the number, in this process, of the fetch of keys that an ActionKeys or
	// an ActionWait is about.
	Fetch uint64
	// Account and Peer are what Config.Who said.
	Account, Peer string
	// Posture is an ActionStart's: see [Auth.Posture].
	Posture Posture
	// Cause is what an operator should know of: the defect or the outage behind a 5xx,
	// what was wrong with keys or their files, a journal or a connection, the setting
	// for want of which a valid token is refused. Of what a client did wrong it is the
	// reason, in words of our own, if Kind and Claim do not say it all: what was found,
	// and what was wanted; docs/refused.md lists them. Then, and only then, it may hold
	// a name from the header of a token that is not verified, its alg, kid or typ, cut
	// and escaped.
	Cause error
	// Stack is a recovered panic's.
	Stack []byte
}

// Step is a part of an action.
type Step struct {
	Name string
	Took time.Duration
}
