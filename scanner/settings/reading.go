// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"carescan/scanner"
	"carescan/scanner/bounded"
)

// MaxFile bounds a settings file, in bytes.
const MaxFile = 1 << 20

// File is a settings file that was read: it knows where its keys stand.
type File struct {
	name   string
	places map[string]place
}

// place is where a key stands, from 1.
type place struct{ line, column int }

// Has tells whether a key stands in the file: "targets.sites[2]".
func (f File) Has(key string) bool { _, ok := f.places[key]; return ok }

// IsEmpty tells that the file holds no key.
func (f File) IsEmpty() bool { return len(f.places) == 0 }

// Place gives the faults of a Validate, which knows keys only, the place of their
// key in the file, or of the nearest one above it.
func (f File) Place(faults Faults) Faults {
	placed := make(Faults, len(faults))
	for i, fault := range faults {
		if fault.File == "" {
			fault.File = f.name
			at := f.above(fault.Key)
			fault.Line, fault.Column = at.line, at.column
		}
		placed[i] = fault
	}
	return placed
}

func (f File) above(key string) place {
	for key != "" {
		if at, ok := f.places[key]; ok {
			return at
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return place{}
}

// Read brings a YAML file into a settings struct. A key that is not written keeps
// the value it had. The error is Faults, each with its place.
func Read(path string, value any) (File, error) {
	data, fault := readBounded(path)
	if fault != nil {
		fault.File = path
		return File{name: path}, Faults{*fault}
	}
	return Decode(path, data, value)
}

func readBounded(path string) ([]byte, *Fault) {
	data, _, err := bounded.File(path, MaxFile)
	switch {
	case errors.Is(err, bounded.ErrNotRegular):
		return nil, &Fault{
			What: Say("ce n'est pas un fichier ordinaire : rien n'en a été lu", "this is not a regular file: nothing of it was read"),
			Hint: Say("donnez le chemin d'un fichier YAML, et non d'un dossier ni d'un périphérique", "give the path of a YAML file, not of a folder nor a device"),
		}
	case errors.Is(err, bounded.ErrTooLarge):
		return nil, tooLarge()
	case err != nil:
		return nil, &Unreadable(err)[0]
	}
	return data, nil
}

func tooLarge() *Fault {
	return &Fault{
		What: Say("le fichier dépasse %d Mio : rien n'en a été lu", "the file exceeds %d MiB: nothing of it was read", MaxFile>>20),
		Hint: Say("vérifiez que c'est bien le fichier voulu", "check that this is the file you meant"),
	}
}

// lines hands a file to the YAML library one line a call, so that one knows how
// far it had read when it gave up: the lines it states itself are those where
// a block begins.
type lines struct {
	rest   []byte
	handed int
}

// Read gives what remains of a line.
func (l *lines) Read(buffer []byte) (int, error) {
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	end := bytes.IndexByte(l.rest, '\n') + 1
	whole := end > 0 && end <= len(buffer)
	if end == 0 || !whole {
		end = min(len(l.rest), len(buffer))
		whole = end == len(l.rest)
	}
	copy(buffer, l.rest[:end])
	l.rest = l.rest[end:]
	if whole {
		l.handed++
	}
	return end, nil
}

// saveAsUTF8 is what to do about bytes that are not the letters one thinks.
func saveAsUTF8() scanner.Text {
	return Say("dans l'éditeur, choisissez « Enregistrer sous » puis le codage UTF-8", `in the editor, choose "Save as", then the encoding UTF-8`)
}
