package smalldisk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/smalldisk"
)

// TestRun: it is full when it is said to be, and not before or after.
func TestRun(t *testing.T) {
	smalldisk.Run(t, func(t *testing.T, d *smalldisk.Disk) {
		t.Logf("mounted: %v", d.Mounted)
		f, err := os.Create(filepath.Join(d.Dir, "f"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		text := make([]byte, 10_000)
		for range 2 {
			if _, err := f.Write(text); err != nil {
				t.Fatal(err)
			}
			d.Fill(t, 0)
			if n, err := f.Write(text); err == nil || n == len(text) {
				t.Errorf("full: wrote %d bytes, %v", n, err)
			}
			d.Free(t)
		}
	})
}
