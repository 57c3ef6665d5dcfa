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
	reason := err
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		reason = named.Err
	}
	what, detail, cause := Say("le fichier n'est pas lisible", "the file cannot be read"), "", scanner.CauseFileUnreadable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what, cause = Say("le fichier n'existe pas", "the file does not exist"), scanner.CauseFileMissing
	case errors.Is(err, fs.ErrPermission):
		what = Say("les droits ne permettent pas de lire le fichier", "the rights do not let the file be read")
	case errors.Is(err, bounded.ErrNotRegular):
		what = Say("ce n'est pas un fichier ordinaire : rien n'en a été lu", "this is not a regular file: nothing of it was read")
	case errors.Is(err, bounded.ErrTooLarge):
		what, cause = Say("le fichier est trop grand : rien n'en a été lu", "the file is too large: nothing of it was read"), scanner.CauseTooLarge
	default:
		detail = reason.Error()
	}
	return Faults{{
		What: what, Detail: detail,
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
