// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"errors"
	"fmt"
	"io/fs"

	"carescan/scanner"
)

// Unreadable words an error of the file system in both languages. It names no
// path: errors travel, and a folder may bear the name of a person.
func Unreadable(err error) Faults {
	reason := err
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		reason = named.Err
	}
	french := fmt.Sprintf("le système répond « %v »", reason)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		french = "le fichier n'existe pas"
	case errors.Is(err, fs.ErrPermission):
		french = "les droits ne permettent pas de le lire"
	}
	return Faults{{
		What: scanner.Text{
			FR: french + " ; vérifiez le chemin et le droit de lecture",
			EN: fmt.Sprintf("%v; check the path and the read rights", reason),
		},
		Hint: scanner.Text{
			FR: "corrigez le chemin, ou donnez au compte de l'agent le droit de lire ce fichier",
			EN: "correct the path, or let the account of the agent read this file",
		},
	}}
}

// InFile is a fault in a file that a configuration names, at a line when it has
// one.
func InFile(line int, fr, en string) Faults {
	return Faults{{
		Line: line,
		What: scanner.Text{FR: fr, EN: en},
		Hint: scanner.Text{FR: "corrigez ce fichier, puis relancez « carescan-agent doctor »", EN: "correct this file, then run carescan-agent doctor again"},
	}}
}
