// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"strings"
	"testing"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner/probes/history"
)

// TestMinimalSaysNothingYet holds what a person begins with: valid, short, allowing
// nothing and naming no file.
func TestMinimalSaysNothingYet(t *testing.T) {
	c, err := load(write(t, config.Minimal))
	if err != nil {
		t.Fatal(err)
	}
	if warnings, faults := c.Validate(); len(warnings)+len(faults) > 0 {
		t.Error(warnings, faults)
	}
	// What earlier runs concluded is recalled whatever is declared.
	if tasks, err := sources.Tasks(c); len(tasks) != 1 || tasks[0].Probe != history.Name || err != nil {
		t.Errorf("it plans %v, %v", tasks, err)
	}
	if len(c.Scope.Names)+len(c.Scope.Ranges) > 0 || c.Scope.Authorisation.By != "" || !c.Scope.Authorisation.Until.IsZero() {
		t.Errorf("it allows something: %+v", c.Scope)
	}
	for name, part := range c.Sources {
		for _, path := range part.FilePaths() {
			if _, err := os.Stat(*path); *path != "" && err != nil {
				t.Errorf("%s names a file that is not there: %v", name, err)
			}
		}
	}
	if lines := strings.Count(config.Minimal, "\n"); lines > 15 {
		t.Errorf("it has %d lines, at most 15 are wanted", lines)
	}
}
