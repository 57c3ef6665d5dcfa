// SPDX-License-Identifier: Apache-2.0

// Package elsewhere keeps the template engine from writing under the home
// directory of whoever types a command: it makes its folders when a program that
// links it starts, before main. They are made in a temporary folder instead, and
// removed first thing in main.
//
// It imports the standard library, and what imports nothing else, alone: packages
// are initialised in the order of their import paths as soon as what they import is
// ready, so this one goes before the engine's (Go specification, "Package
// initialization").
package elsewhere

import (
	"os"

	"carescan/scanner/probes/nuclei/scratch"
)

// given is the engine's own variable for its folder. Whoever starts this program
// with one, as the agent does, has said where to write.
const given = "NUCLEI_CONFIG_DIR"

// homes are where the engine looks for a place, by system.
var homes = []string{
	"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR",
	"USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMP", "TEMP",
}

var back = move()

// Back gives the environment back and removes what was written meanwhile.
func Back() { back() }

func move() func() {
	if os.Getenv(given) != "" {
		return func() {}
	}
	folder, remove, err := scratch.New("carescan-start-")
	if err != nil {
		return func() {} // better a folder too many than a program that does not start
	}
	var undo []func()
	for _, name := range homes {
		undo = append(undo, replace(name, folder))
	}
	return func() {
		for _, u := range undo {
			u()
		}
		remove()
	}
}

// replace sets a variable and returns what gives it back.
func replace(name, value string) func() {
	before, was := os.LookupEnv(name)
	_ = os.Setenv(name, value) // these names are never refused
	if was {
		return func() { _ = os.Setenv(name, before) }
	}
	return func() { _ = os.Unsetenv(name) }
}
