// Package vectors has the examples of the standards that tests are held to.
package vectors

import (
	"embed"
	"encoding/json"
	"testing"
)

//go:embed *.json
var files embed.FS

// Read returns the examples in a file.
func Read[T any](t *testing.T, name string) (examples []T) {
	t.Helper()
	data, err := files.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, &examples)
	}
	if err != nil {
		t.Fatal(err)
	}
	return examples
}
