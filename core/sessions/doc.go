// Package sessions is what lasts of a login. A [Session] has a refresh token that
// is worth one use, and access tokens that name it in the claim sid. Package core
// makes the tokens; a [Store] remembers who may come again.
//
//	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{Journal: "/var/lib/shop/sessions"})
//	if err != nil {
//		log.Fatal(err)
//	}
//	cfg.Sessions, cfg.Renew = core.SessionConfig{Store: store}, users.Find
//
// [MemoryStore] is for one process, with a file if a restart is to log nobody
// out. For many processes there is stores/redisstore, a module of its own.
//
// Whoever writes a store of his own reads [Store]. It makes four promises: each
// call is atomic; what it has acknowledged it keeps; every call may be repeated;
// and the time is the caller's. Package core/storetest holds a store to them.
//
// A store sees hashes of refresh tokens, and pairs of tokens that are sealed under
// a key it does not have. It never sees a token. Everything in it belongs to a
// realm: services that share a store and not a realm never meet.
package sessions
