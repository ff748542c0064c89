// Package readme holds the documents to their word: its tests compile every Go
// block of README.md and docs, follow every link that stays in the tree, and look
// for every name of ours in the prose, and for every test in SECURITY.md's table of
// guarantees; docs/settings.md is what the doc comments say, and no page or example
// is missing in its index. It has no code of its own.
//
// A block that opens with a package clause is compiled as it stands. Any other
// block becomes a file of a package of its own: declarations are taken as they
// are, statements as the body of a function. Import declarations may stand at
// its top; the packages that readers know from the text around it (the packages
// table in snippet_test.go) need none, and a variable that only the next
// paragraph would use is no error.
//
// A comment on the line before the fence says what the reader cannot see:
//
//	<!-- snippet: with users routers -->    compile it beside testdata/users.go and testdata/routers.go
//	<!-- snippet: skip: shows a shape -->   do not compile it, for the reason given
//
// Nothing is written into the tree, unless -update asks for docs/settings.md, and
// nothing is fetched that the other tests do not need.
package readme
