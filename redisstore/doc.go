// Package redisstore keeps sessions in Redis, for many processes and machines:
// Store is a core.SessionStore, TokenDenyList and SubjectDenyList are the deny
// lists of core. It is a module of its own, on go-redis.
//
// # What Redis must be
//
// A Store holds what it has acknowledged as long as Redis does. Redis's own
// defaults are made for a cache; sessions need
//
//	appendonly yes
//	appendfsync always
//	no-appendfsync-on-rewrite no
//	maxmemory-policy noeviction
//
// With appendfsync always an answer is given when the disk has the change: no
// crash loses a session, or brings back one that was ended. With everysec a crash
// of the machine takes the last second or two along, and so may one of the process
// alone: while a sync is running Redis puts off the write for up to two seconds,
// and answers. Without appendonly a restart logs everybody out. Any policy but
// noeviction makes room by forgetting: sessions, which are then logged out, their
// lists, so that "log out everywhere" misses some, and entries of deny lists,
// whose tokens are good again. With noeviction a Redis that is full answers logins
// and refreshes with an error, which is a 503, and still ends sessions.
//
// Replication is asynchronous. A failover, by Sentinel or in a Cluster, may lose
// what the old master acknowledged last: a new session is gone, an ended one is
// back until somebody ends it again, a refresh token that was exchanged counts as
// current. min-replicas-to-write 1 with a low min-replicas-max-lag stops a master
// that is cut off from taking more, and no setting does away with the rest.
// Revocation that must survive a failover needs access tokens with short lives.
//
// It is tested with Redis 7.0, and uses nothing newer than Redis 5. TLS, ACL and the
// choice of servers are the client's. These rights are enough:
//
//	ACL SETUSER … ~jwtgate:* &jwtgate:* +@read +@write +@scripting +@pubsub +@connection
//
// # Where things are
//
//	jwtgate:session:{ID}      hash: subject, label, times, hash of the refresh token
//	jwtgate:grace:{ID}        the last pairs exchanged, sealed, for the grace
//	jwtgate:subject:{HASH}    sorted set: a subject's sessions
//	jwtgate:denied:…:{HASH}   entries of deny lists
//	jwtgate:ended, …:denied…  channels: whose copies to drop
//
// A session takes about half a kilobyte, and for the grace one or two more. Redis forgets
// a session an hour after it has expired. Each call on a session is one script, and
// each script stays in one slot of a Cluster. A subject's list lies in another, so
// Create and EndSubject are several steps: the list comes first, so that no session
// is ever outside it.
//
// # How late
//
// With Config.Staleness 0 every request asks Redis, and an ended session's access
// tokens are refused at once. Staleness is otherwise the bound: a process takes a
// session to be alive for so long after it began to ask. That holds whatever is
// lost. Beside it the script that ends a session tells so on a channel, in the same
// step; a process that hears it drops its copy, within milliseconds. An answer that
// was on its way meanwhile is not kept. When the connection is lost, or is silent
// for ten seconds, the Observer is told, and copies are good for Staleness and no
// longer; when it is back all of them are dropped.
package redisstore
