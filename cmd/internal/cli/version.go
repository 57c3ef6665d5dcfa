// SPDX-License-Identifier: Apache-2.0

package cli

import "runtime"

// version is set by the linker: -X carescan/cmd/internal/cli.version=1.2.3.
var version = "0.1.0-dev"

// Software names a program and its version, as written in bundles.
func Software(program string) string { return program + " " + version }

// VersionLine is what the version command prints.
func VersionLine(program string) string {
	return Software(program) + " (" + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")"
}
