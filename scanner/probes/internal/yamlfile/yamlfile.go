// SPDX-License-Identifier: Apache-2.0

// Package yamlfile reads the YAML files that people of an establishment keep.
// An unknown word is refused and never skipped, and no error repeats anything
// of the file: it may hold the name of a person, and errors travel.
package yamlfile

import (
	"errors"
	"fmt"
	"strconv"

	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// MaxFile bounds such a file, in bytes.
const MaxFile = settings.MaxFile

// Fault is something to correct on one line of the file.
type Fault struct {
	Line int
	Text string
	// Field and Expected name what is wrong and what is allowed there; both are
	// written as in the file.
	Field, Expected string
}

// Error says where and what.
func (f Fault) Error() string { return fmt.Sprintf("line %d: %s", f.Line, f.Text) }

// Unwrap is why the file could not be read.
func (f Fault) Unwrap() error {
	cause := scanner.Cause{Code: scanner.CauseFileMalformed}
	if f.Field != "" {
		cause = scanner.Cause{Code: scanner.CauseFieldWrong}.With(scanner.ValueField, f.Field).With(scanner.ValueExpected, f.Expected)
	}
	return cause.With(scanner.ValueLine, strconv.Itoa(f.Line)).Over(nil)
}

// Read reads such a file.
func Read(path string) ([]byte, error) {
	data, _, err := localfile.Read(path, MaxFile)
	return data, err
}

// As makes the fault one of settings, whose reader adds the key.
func (f Fault) As(target any) bool {
	fault, ok := target.(*settings.Fault)
	if ok {
		*fault = settings.Fault{Line: f.Line, What: scanner.Text{FR: f.Text, EN: f.Text}}
	}
	return ok
}

// Decode reads one YAML document into a value, as strictly as a configuration.
// What an empty file lacks is said by needed. The error is every fault, each in
// one sentence that ends with what to do.
func Decode(data []byte, value any, needed string) error {
	file, err := settings.DecodeDiscreetly("", data, value)
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		for i, fault := range faults {
			if fault.Hint.EN != "" {
				faults[i].What = settings.Say("%s : %s", "%s: %s", fault.What, fault.Hint)
			}
		}
		cause := scanner.Cause{Code: scanner.CauseFileMalformed}
		if line := faults[0].Line; line > 0 {
			cause = cause.With(scanner.ValueLine, strconv.Itoa(line))
		}
		return cause.Over(faults)
	}
	if file.IsEmpty() {
		return scanner.NotSeen(scanner.CauseFileEmpty, nil, errors.New("the file is empty: "+needed))
	}
	return nil
}
