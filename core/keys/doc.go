// Package keys says who may have signed a token. A [Key] knows the algorithms it
// is for, and a token never chooses (RFC 8725 section 3.1).
//
// Which one to take:
//
//   - a shared secret: [NewSecret], [SecretFromHex], [SecretFromBase64]
//   - a file in PEM or a JWK, private or public: [Load]
//   - a directory of keys that take turns: [LoadDir]; from code: [NewRing]
//   - a file with a JWK Set: [LoadSet], or [LoadSetFile], which follows it
//   - a provider: [NewOIDC], or [NewRemote] with the URL of its key set; both
//     want Rules.Audience, since it issues tokens for others too
//   - several at once: [NewSet], and [ByIssuer] if each issuer has its own
//
// Keys that are rotated while the program runs:
//
//	dir, err := keys.LoadDir("/etc/shop/keys", keys.RingConfig{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	go dir.Watch(ctx)
//
// However a [Key] is printed, logged or marshaled, its material is not shown. A
// constructor names all that is wrong with what it was given, and fetches
// nothing: a provider is asked when the first token wants it.
//
// A [Source] of one's own has one method, Find. No key is no error: the token is
// refused with 401. An error means that it could not be found out: 503. What else
// core needs to know of a source it may say by [Describer].
package keys
