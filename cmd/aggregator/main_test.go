// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output of the stories")

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"carescan-aggregator": main}) }

// TestStories runs the sessions of testdata/script, one per file.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("CARESCAN_AGGREGATOR_DATA", e.WorkDir+"/data")
			e.Setenv("LC_ALL", "fr_FR.UTF-8")
			return nil
		},
	})
}
