// Package redisstore keeps sessions in Redis, for many processes and machines:
// Store is a sessions.Store, and sessions.Tickets besides, TokenDenyList and SubjectDenyList are the deny
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
// and answers. Without appendonly a restart logs everybody out. With noeviction a
// Redis that is full answers logins and refreshes with an error, which is a 503,
// and still ends sessions.
//
// Any policy but noeviction makes room by forgetting: sessions, which are then
// logged out, their lists, so that "log out everywhere" misses some, and entries of
// deny lists, whose tokens are good again. So it is refused, unless
// Config.InsecureEviction says otherwise. At its first use a Store or list reads the
// policy, by INFO memory on every master (through an AutoPipeliner of a Cluster, on
// one); a change later on is not noticed. Where INFO is forbidden, or a proxy does
// not pass it on, the Observer is told once, and you must see to it yourself.
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
//	ACL SETUSER … ~jwtgate:* &jwtgate:* +@read +@write +@scripting +@pubsub +@connection +time +info
//
// # Where things are
//
//	jwtgate:REALM:session:{ID}       hash: subject, label, times, hash of the refresh token
//	jwtgate:REALM:grace:{ID}         list: the last pairs exchanged, sealed, for the grace
//	jwtgate:REALM:subject:{HASH}     sorted set: a subject's sessions
//	jwtgate:REALM:ended:{HASH}       the number of the subject's last ending, for 15 minutes
//	jwtgate:REALM:ticket:{HASH}      what a ticket stands for, sealed, for half a minute
//	jwtgate:REALM:order              the number that logins and endings have reached
//	jwtgate:REALM:denied:…           entries of deny lists, and their order
//	jwtgate:REALM:ended, …:denied:…  channels: whose answers have changed
//
// REALM is the first 16 bytes of the SHA-256 of the realm's name, in base64url, so
// an ACL can keep a service to its own. With Config.Staleness, or while somebody
// watches (Store.Watch), each realm that a process serves has a connection of its own
// for the news.
//
// A session takes about half a kilobyte, and for the grace one or two more. Redis forgets
// a session an hour after it has expired, by durations alone: a caller whose clock
// has leapt forgets nothing for others. Each call on a session is one script, and
// each script stays in one slot of a Cluster. The order and a subject's list lie in
// others, so Create and EndSubject are several steps, of which a login cannot slip
// through: it joins the list, unless the subject's number is past its ticket, before
// it is written; an ending raises the order, then the subject's number together with
// a look at the list, and then ends what it saw there, or marks what is not written
// yet.
//
// In tests miniredis (github.com/alicebob/miniredis/v2) will do for Redis: see the
// example of New.
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
