package conform

import (
	"testing"

	"github.com/jwtgate/jwtgate/internal/doctable"
)

// TestBefore holds docs/frameworks.md to what the mounts declare.
func TestBefore(t *testing.T) {
	for i, column := range []string{"net/http", "Gin", "Echo", "Fiber"} {
		doctable.Check(t, column, Mounts[i])
	}
}
