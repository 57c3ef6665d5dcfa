// SPDX-License-Identifier: Apache-2.0

// Package yamlfile reads the YAML files that people of an establishment keep.
// An unknown word is refused and never skipped, and no error repeats anything
// of the file: it may hold the name of a person, and errors travel.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
)

// MaxFile bounds such a file, in bytes.
const MaxFile = 1 << 20

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

// Decode reads one YAML document into a value. What an empty file lacks is said
// by needed.
func Decode(data []byte, value any, needed string) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(value); err != nil {
		return readable(err, needed)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return scanner.NotSeen(scanner.CauseFileMalformed, nil, errors.New("one YAML document is expected: remove what follows the line ---"))
	}
	return nil
}

var lineNumber = regexp.MustCompile(`line (\d+)`)

// readable turns an error of the YAML library into a sentence.
func readable(err error, needed string) error {
	if f, ok := errors.AsType[Fault](err); ok {
		return f
	}
	if errors.Is(err, io.EOF) {
		return scanner.NotSeen(scanner.CauseFileEmpty, nil, errors.New("the file is empty: "+needed))
	}
	where := "somewhere"
	cause := scanner.Cause{Code: scanner.CauseFileMalformed}
	if line := lineNumber.FindStringSubmatch(err.Error()); line != nil {
		where, cause = line[0], cause.With(scanner.ValueLine, line[1])
	}
	return cause.Over(fmt.Errorf("%s: %s", where, whatIsWrong(err.Error())))
}

func whatIsWrong(message string) string {
	switch {
	case strings.Contains(message, "not found in type"):
		return "this key is not known: correct or remove it"
	case strings.Contains(message, "already defined"):
		return "this key is written twice: keep one"
	case strings.Contains(message, "cannot unmarshal"):
		return "the value is not of the kind expected: a list, a text or a number"
	}
	return "this is not valid YAML: check the indentation and the quotes"
}
