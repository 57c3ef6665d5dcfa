// SPDX-License-Identifier: Apache-2.0

// Package yamlfile reads the YAML files that people of an establishment keep.
// An unknown word is refused and never skipped, and no error repeats anything
// of the file: it may hold the name of a person, and errors travel.
package yamlfile

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// MaxFile bounds such a file, in bytes.
const MaxFile = 1 << 20

// Read reads such a file.
func Read(path string) ([]byte, error) {
	data, _, err := localfile.Read(path, MaxFile)
	return data, err
}

// Decode reads one YAML document into a value. What an empty file lacks is said
// by needed. Its errors are settings.Faults.
func Decode(data []byte, value any, needed scanner.Text) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(value); err != nil {
		return readable(err, needed)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return settings.InFile(0,
			"un seul document YAML est attendu : retirez ce qui suit la ligne ---",
			"one YAML document is expected: remove what follows the line ---")
	}
	return nil
}

var lineNumber = regexp.MustCompile(`line (\d+)`)

// readable turns an error of the YAML library into a sentence.
func readable(err error, needed scanner.Text) error {
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		return faults
	}
	if errors.Is(err, io.EOF) {
		return settings.InFile(0, "le fichier est vide : "+needed.FR, "the file is empty: "+needed.EN)
	}
	line := 0
	if found := lineNumber.FindStringSubmatch(err.Error()); found != nil {
		line, _ = strconv.Atoi(found[1]) // zero when it is not a number a file can have
	}
	what := whatIsWrong(err.Error())
	return settings.InFile(line, what.FR, what.EN)
}

func whatIsWrong(message string) scanner.Text {
	switch {
	case strings.Contains(message, "not found in type"):
		return scanner.Text{FR: "cette clé n'est pas connue : corrigez-la ou retirez-la", EN: "this key is not known: correct or remove it"}
	case strings.Contains(message, "already defined"):
		return scanner.Text{FR: "cette clé est écrite deux fois : gardez-en une", EN: "this key is written twice: keep one"}
	case strings.Contains(message, "cannot unmarshal"):
		return scanner.Text{
			FR: "la valeur n'est pas du genre attendu : une liste, un texte ou un nombre",
			EN: "the value is not of the kind expected: a list, a text or a number",
		}
	}
	return scanner.Text{
		FR: "ce n'est pas du YAML valable : vérifiez le retrait et les guillemets",
		EN: "this is not valid YAML: check the indentation and the quotes",
	}
}
