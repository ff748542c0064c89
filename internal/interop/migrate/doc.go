// Package migrate holds the guides in docs/migrate to their word. Each has two programs
// here that do the same: on the other library, and on jwtgate. Its tests send both the
// same requests, and compare what is different with the guide's tables; look for every
// option of the other library among the guide's rows; and let each program take the tokens
// of the other, as they must while one replaces the other.
//
// Flask-JWT-Extended is Debian's, so its tests need what those of package interop for
// Python need, and are skipped without it in the same way.
package migrate
