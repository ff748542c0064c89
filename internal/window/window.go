// Package window takes a request out of the memory of servers that hand out windows
// on a buffer which the next request overwrites: fasthttp's, which is Fiber's, and
// Hertz's. The adapters for them use it.
package window

import (
	"bytes"
	"io"
)

// Values copies a field's values, without the white space around each. Of none it
// makes nil.
func Values(windows [][]byte) (values []string) {
	for _, window := range windows {
		values = append(values, string(bytes.Trim(window, " \t")))
	}
	return values
}

// Query copies the query out of a request's target as sent. What the servers call a
// query ends at a #.
func Query(target []byte) string {
	_, query, _ := bytes.Cut(target, []byte{'?'})
	return string(query)
}

// Body reads a body, before any Content-Encoding is undone: the stream, which is there
// once, or the memory, which is there as often as it is asked for.
func Body(r interface {
	IsBodyStream() bool
	BodyStream() io.Reader
	Body() []byte
}) io.Reader {
	if r.IsBodyStream() {
		return r.BodyStream()
	}
	return bytes.NewReader(r.Body())
}
