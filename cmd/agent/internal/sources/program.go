// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"carescan/scanner/probes/nuclei"
)

// templatesDigest is the SHA-256 of the carescan-templates built with this agent,
// set by the linker (scripts/build.sh). An agent built alone has none.
var templatesDigest string

// templateProgram is carescan-templates as this agent knows it: beside itself and
// of the same build, unless its settings say otherwise.
func templateProgram(told nuclei.Settings) (nuclei.Program, error) {
	program := nuclei.Program{Path: told.Program, SHA256: cmp.Or(told.ProgramSHA256, templatesDigest)}
	if program.Path != "" {
		path, err := filepath.Abs(program.Path)
		program.Path = path
		return program, err
	}
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		return program, fmt.Errorf("find the folder of this program: %w", err)
	}
	name := nuclei.ProgramName
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	program.Path = filepath.Join(filepath.Dir(self), name)
	return program, nil
}
