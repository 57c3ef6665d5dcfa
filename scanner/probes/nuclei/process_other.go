// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package nuclei

import "os/exec"

// ownGroup leaves the worker as it is: without process groups, stopping kills
// the worker alone. It never starts another process.
func ownGroup(*exec.Cmd) {}
