// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"carescan/cmd/internal/labfile"
	"carescan/scanner/scannertest"
)

// writeConfiguration writes the configuration of an agent that looks at the lab, and
// keeps its state beside.
func writeConfiguration(file string, s scannertest.Settings, now time.Time) error {
	c := labfile.Configuration(s, now)
	c["state"] = filepath.Join(filepath.Dir(file), "state")
	raw, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}
