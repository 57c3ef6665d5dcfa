// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"carescan/scanner"
)

// Unreadable words an error of the file system in both languages. It names no
// path: errors travel, and a folder may bear the name of a person.
func Unreadable(err error) Faults {
	reason := err
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		reason = named.Err
	}
	french, cause := fmt.Sprintf("le système répond « %v »", reason), scanner.CauseFileUnreadable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		french, cause = "le fichier n'existe pas", scanner.CauseFileMissing
	case errors.Is(err, fs.ErrPermission):
		french = "les droits ne permettent pas de le lire"
	}
	return Faults{{
		What: scanner.Text{
			FR: french + " ; vérifiez le chemin et le droit de lecture",
			EN: fmt.Sprintf("%v; check the path and the read rights", reason),
		},
		Hint: scanner.Text{
			FR: "corrigez le chemin, ou donnez à ce programme le droit de lire ce fichier",
			EN: "correct the path, or let this program read this file",
		},
		Cause: scanner.Cause{Code: cause},
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

// Because tells why a look that needed the file saw nothing of it, where it is not
// that the file is malformed.
func (f Faults) Because(code scanner.CauseCode) Faults {
	return f.Over(scanner.Cause{Code: code})
}

// Over tells the same by a cause that has values.
func (f Faults) Over(cause scanner.Cause) Faults {
	for i := range f {
		f[i].Cause = cause
	}
	return f
}

// Unwrap is why a look that needed the file saw nothing of it: its first fault.
func (f Faults) Unwrap() error {
	if len(f) == 0 {
		return nil
	}
	cause := f[0].Cause
	cause.Code = cmp.Or(cause.Code, scanner.CauseFileMalformed)
	if f[0].Line > 0 {
		cause = cause.With(scanner.ValueLine, strconv.Itoa(f[0].Line))
	}
	return cause.Over(nil)
}
