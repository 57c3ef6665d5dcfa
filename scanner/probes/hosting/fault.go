// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// fault is something to correct on one line of the file.
type fault struct {
	line int
	text string
}

// Error says where and what.
func (f fault) Error() string { return fmt.Sprintf("line %d: %s", f.line, f.text) }

var lineNumber = regexp.MustCompile(`line \d+`)

// readable turns an error of the YAML library into a sentence that repeats
// nothing of the file: it may hold the name of a person, and errors travel.
func readable(err error) error {
	if f, ok := errors.AsType[fault](err); ok {
		return f
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty: as_of and applications are needed")
	}
	where := lineNumber.FindString(err.Error())
	if where == "" {
		where = "somewhere"
	}
	return fmt.Errorf("%s: %s", where, whatIsWrong(err.Error()))
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
