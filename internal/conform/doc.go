// Package conform holds the cases that every adapter must pass: raw requests
// over a TCP socket, and the status, all headers and the body that must come
// back, whichever framework stands behind it. Date, Server and what frames a
// message (Connection, Content-Length, Transfer-Encoding) may differ.
//
// A new framework needs one mounting function: see Mount, and NetHTTP for how one
// looks. Its test is one line,
//
//	func TestConform(t *testing.T) { conform.Run(t, conform.NetHTTP, mine) }
//
// A case is a row: a name with the paragraph, the CVE or the rule of ours it
// comes from, a request, and the answer. The rows are in the files case_*.go.
//
// What a server or a router answers before us is no case: it is measured, and
// docs/frameworks.md lists it.
package conform
