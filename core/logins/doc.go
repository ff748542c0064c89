// Package logins bounds what guessing at a login may cost: a [Limiter] for
// core.Config.Throttle, which counts tries per account and address, and a
// [PasswordCheck], which takes as long for a name that nobody has as for one that
// somebody has, and computes no more hashes at once than there are processors.
package logins
