// SPDX-License-Identifier: Apache-2.0

//go:build unix

package nuclei

import (
	"os/exec"
	"syscall"
)

// ownGroup gives the worker a process group, killed as a whole.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
