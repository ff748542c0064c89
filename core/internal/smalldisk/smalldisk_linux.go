package smalldisk

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

const unable = ""

// isolate gives a process a mount namespace of its own, and whoever is not root a
// user namespace to have it in.
func isolate(child *exec.Cmd) {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if id := os.Getuid(); id != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: id, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	child.SysProcAttr = attr
}

// mount mounts the disk where this process alone sees it, or fails.
func mount(dir string) error {
	own, err := os.Readlink("/proc/self/ns/mnt")
	if parent, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", os.Getppid())); err != nil || err2 == nil && parent == own {
		return fmt.Errorf("no mount namespace: %v", err)
	}
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
}

// limit bounds the size of files in this process; 0: not at all.
func limit(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	if l.Cur = size; size == 0 {
		l.Cur = l.Max
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}
