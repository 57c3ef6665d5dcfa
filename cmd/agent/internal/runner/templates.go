// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner/probes/nuclei"
)

// templatesDigest is the SHA-256 of the carescan-templates built with this agent,
// set by the linker (scripts/build.sh). An agent built alone has none.
var templatesDigest string

// TemplateProgram is carescan-templates as this agent knows it: beside itself and
// of the same build, unless the configuration says otherwise.
func TemplateProgram(c config.Templates) (nuclei.Program, error) {
	program := nuclei.Program{Path: c.Program, SHA256: cmp.Or(c.ProgramSHA256, templatesDigest)}
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
