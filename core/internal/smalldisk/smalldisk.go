// Package smalldisk gives a test a disk that gets full. Nothing but tests imports
// it.
package smalldisk

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const (
	dirVariable = "JWTGATE_SMALLDISK"
	size        = 8 << 20
)

// Disk is a directory on it.
type Disk struct {
	Dir string
	// Mounted: it is a file system of its own, which gets full as a whole. Otherwise
	// the system lets no file of the process grow, which ends a write in its middle
	// as well.
	Mounted bool
}

// Run runs a test in a process of its own, which has such a disk: a small file
// system in a mount namespace, or else a bound on the size of files. It is skipped
// where the system has neither. The caller is the test function itself.
func Run(t *testing.T, test func(t *testing.T, d *Disk)) {
	t.Helper()
	if dir := os.Getenv(dirVariable); dir != "" {
		d := &Disk{Dir: dir}
		if err := mount(dir); err == nil {
			d.Mounted = true
		} else {
			t.Logf("no file system of its own: %v; the size of files is bounded instead", err)
		}
		test(t, d)
		return
	}
	if why := unable; why != "" {
		t.Skip(why)
	}
	run := func(namespace bool) ([]byte, bool, error) {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), dirVariable+"="+t.TempDir())
		if namespace {
			isolate(child)
		}
		out, err := child.CombinedOutput()
		return out, child.Process != nil, err
	}
	out, started, err := run(true)
	if !started { // no namespaces for us
		out, _, err = run(false)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Fill leaves so many bytes on the disk.
func (d *Disk) Fill(t *testing.T, leave int) {
	t.Helper()
	if !d.Mounted {
		d.bound(t, leave)
		return
	}
	name := filepath.Join(d.Dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for block := make([]byte, 4096); ; {
		m, err := f.Write(block)
		if n += m; err != nil {
			break
		}
	}
	if err := f.Truncate(int64(max(0, n-leave))); err != nil {
		t.Fatal(err)
	}
}

// Free undoes Fill.
func (d *Disk) Free(t *testing.T) {
	t.Helper()
	var err error
	if d.Mounted {
		err = os.Remove(filepath.Join(d.Dir, "filler"))
	} else {
		err = limit(0)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// bound lets no file grow by more than so many bytes over the largest there is.
func (d *Disk) bound(t *testing.T, leave int) {
	t.Helper()
	entries, err := os.ReadDir(d.Dir)
	if err != nil {
		t.Fatal(err)
	}
	largest := int64(1)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			largest = max(largest, info.Size())
		}
	}
	if err := limit(uint64(largest) + uint64(leave)); err != nil {
		t.Fatal(err)
	}
}
