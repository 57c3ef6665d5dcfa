// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"cmp"
	"errors"
	"io/fs"
	"strconv"

	"carescan/scanner"
	"carescan/scanner/bounded"
)

// Unreadable words an error of the file system in both languages. It names no
// path: errors travel, and a folder may bear the name of a person.
func Unreadable(err error) Faults {
	fault := Fault{
		What:  Say("le fichier n'est pas lisible", "the file cannot be read"),
		Hint:  Say("corrigez le chemin, ou donnez à ce programme le droit de lire ce fichier", "correct the path, or let this program read this file"),
		Cause: scanner.CauseFileUnreadable,
	}
	switch named, ok := errors.AsType[*fs.PathError](err); {
	case errors.Is(err, fs.ErrNotExist):
		fault.What, fault.Cause = Say("le fichier n'existe pas", "the file does not exist"), scanner.CauseFileMissing
	case errors.Is(err, fs.ErrPermission):
		fault.What = Say("les droits ne permettent pas de lire le fichier", "the rights do not let the file be read")
	case errors.Is(err, bounded.ErrNotRegular):
		fault.What = Say("ce n'est pas un fichier ordinaire : rien n'en a été lu", "this is not a regular file: nothing of it was read")
		fault.Hint = Say("donnez le chemin d'un fichier, et non d'un dossier ni d'un périphérique", "give the path of a file, not of a folder nor a device")
	case errors.Is(err, bounded.ErrTooLarge):
		fault.What, fault.Cause = Say("le fichier est trop grand : rien n'en a été lu", "the file is too large: nothing of it was read"), scanner.CauseTooLarge
		fault.Hint = Say("vérifiez que c'est bien le fichier voulu", "check that this is the file you meant")
	case ok:
		fault.Detail = named.Err.Error()
	default:
		fault.Detail = err.Error()
	}
	return Faults{fault}
}

// InFile is a fault in a file that a configuration names, at a line when it has
// one.
func InFile(line int, fr, en string) Faults {
	return Faults{{
		Line: line,
		What: scanner.Text{FR: fr, EN: en}.Typeset(),
		Hint: Say("corrigez ce fichier, puis relancez « carescan-agent doctor »", "correct this file, then run carescan-agent doctor again"),
	}}
}

// With adds to faults what a library answered, in its own words.
func (f Faults) With(detail error) Faults {
	for i := range f {
		f[i].Detail = detail.Error()
	}
	return f
}

// Because tells why a look that needed the file saw nothing of it, where it is not
// that the file is malformed.
func (f Faults) Because(cause scanner.CauseCode) Faults {
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
	cause := scanner.Cause{Code: cmp.Or(f[0].Cause, scanner.CauseFileMalformed)}
	if f[0].Line > 0 {
		cause = cause.With(scanner.ValueLine, strconv.Itoa(f[0].Line))
	}
	return cause.Over(nil)
}
