// Package storetest holds a sessions.Store to its contract. Whoever writes a
// store runs it in a test of his own:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) sessions.Store {
//			return mystore.New(…) // empty
//		})
//	}
//
// RunTickets does the same for sessions.Tickets, which a store may be besides, and
// RunTokens for deny lists of tokens.
//
// Run it with -race. Time is what the calls say it is, so the tests wait for
// nothing; a store whose own clock frees memory too early fails.
package storetest
