// Package interop holds no code, only tests: jwtgate beside other libraries that
// read keys and tokens, and against programs that issue and verify them. It is a
// module of its own, so that none of them becomes a dependency of jwtgate's users.
//
// The oracles are jwkset with keyfunc and golang-jwt, go-jose, jwx and go-oidc.
// TestJWK, TestSet, TestTokens and TestDiscovery are tables of what they and core
// accept and refuse, side by side, with the reason for each difference. A cell
// that changes fails the test, whoever changed it. The examples plug the key sets
// of these libraries into core. TestPublishedKeys lets them, and the middleware of
// auth0 and gofiber, read our key set and tokens, whatever the keys were loaded from;
// TestForeignReaders lets PyJWT, authlib, jose and jwks-rsa do the same.
//
// The peers are the npm packages oidc-provider, a certified OpenID provider, jose and
// jwks-rsa. Their tests start them, and install them first by npm ci in the directory
// peers. Without Node.js 20 or newer, or npm, these tests say so and are skipped;
// with JWTGATE_PEERS=required in the environment they fail instead. So it is with
// Python's packages, which JWTGATE_PYTHON, or Debian's Python, must have. ci.sh
// installs what is missing and runs everything.
//
// The guides of docs/migrate are held to the libraries that they begin from in package
// migrate.
package interop
