// Package adaptertest holds the cases that every adapter must pass: raw requests
// over a TCP socket, and the status, all headers and the body that must come
// back, whichever framework stands behind it. Date, Server and what frames a
// message (Connection, Content-Length, Transfer-Encoding) may differ.
//
// A framework needs one function that mounts an application on it, as [Mount] and [App]
// say; serveNetHTTP in internal/conform is one to copy. Its test is one line:
//
//	func TestConform(t *testing.T) { adaptertest.Run(t, mine) }
//
// A case is a row: a name with the paragraph, the CVE or the rule of ours it
// comes from, a request, and the answer. The rows are in the files case_*.go.
//
// What a server or a router answers before us an adapter cannot change, and so it is
// declared by the Mount and measured, not left out: see Mount.Before.
package adaptertest
