//go:build unix

package main_test

import (
	"os/exec"
	"syscall"
)

// ownGroup and killGroup keep the processes of a session together.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
