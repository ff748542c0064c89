// Package core makes JWT logins and gates for any HTTP server. What it does is a
// row of steps, each a function that can be replaced; adapters such as ginjwt
// mount it on a framework.
//
//	in:    Request ─Lookup─▶ Credential ─Decode─▶ *Claims ─Identify─▶ T ─▶ context ─▶ handler
//	out:   Credentials ─Authenticate─▶ T ─Payload─▶ Payload ─Encode─▶ token ─▶ Response
//	again: refresh token ─store─▶ Session ─Renew─▶ T ─▶ as out
//	no:    any step's error ─▶ *Error ─OnError─▶ Response
//
// T is the application's own type for a user and the only place where the lines
// touch, so the compiler checks that who logs in is who comes back. Each arrow
// with a name is a field of [Config]; nil takes its default.
//
// Most programs need [Config], [New], and an adapter's Require and Login. One
// that only verifies needs Config[*Claims] with Keys and Rules. A first program
// on net/http:
//
//	key, err := keys.Load("rs256.pem")
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := core.New(core.Config[string]{ // string: a user is the token's sub
//		Keys: key,
//		Authenticate: func(ctx context.Context, c core.Credentials) (string, error) {
//			return users.Check(ctx, c.Username, c.Password) // "" is nobody
//		},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	mux.Handle("/auth", nethttpjwt.Login(auth))
//	mux.Handle("/me", nethttpjwt.Require(auth)(me)) // in me: nethttpjwt.Identity[string](r)
//
// A step says no by returning a [Kind] or an [*Error]. The zero value and nil is
// nobody, never a user. Any other error is a defect or an outage: a 5xx whose
// cause the [Observer] hears and the client does not.
//
// The zero value of every setting is a safe one; what takes a protection away
// has Insecure in its name. [New] lists all mistakes of a [Config] at once.
//
// Beside it: core/keys, who may have signed; core/sessions, what lasts;
// core/providers, recipes for the tokens of well-known others;
// core/denylist and core/logins, calling tokens back and bounding guesses;
// core/jwttest for the tests of an application, core/storetest and
// core/adaptertest for whoever writes a store or an adapter. Who comes from Flask-JWT begins with [FlaskConfig].
package core
