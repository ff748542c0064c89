// Package denylist calls access tokens back before they expire, in this process:
// [Tokens] by their jti, [Subjects] all that a subject has been given until now.
// Both are a core.Revocation. A list never makes room by forgetting what is still
// needed; over a restart it is kept in a journal, if it has one.
//
// Where logins have sessions, ending the session does the same, and nothing of
// this is needed. For many machines there are the lists of stores/redisstore.
package denylist
