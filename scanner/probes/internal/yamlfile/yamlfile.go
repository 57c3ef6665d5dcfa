// SPDX-License-Identifier: Apache-2.0

// Package yamlfile reads the YAML files that people of an establishment keep.
// An unknown word is refused and never skipped, and no error repeats anything
// of the file: it may hold the name of a person, and errors travel.
package yamlfile

import (
	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// MaxFile bounds such a file, in bytes.
const MaxFile = settings.MaxFile

// Day is a date and the line it stands on.
type Day struct {
	Day  settings.Day
	Line int
}

// UnmarshalYAML reads the date as a configuration writes it.
func (d *Day) UnmarshalYAML(node *yaml.Node) error {
	at, err := settings.ParseDay(node.Value)
	if err != nil {
		return settings.InFile(node.Line, "la date doit être écrite comme 2026-03-14 ou 14/03/2026", "the date must be written as 2026-03-14 or 14/03/2026")
	}
	d.Day, d.Line = at, node.Line
	return nil
}

// Read reads such a file.
func Read(path string) ([]byte, error) {
	data, _, err := localfile.Read(path, MaxFile)
	return data, err
}

// Decode reads one YAML document into a value, as strictly as a configuration.
// What an empty file lacks is said by needed. Its errors are settings.Faults.
func Decode(data []byte, value any, needed scanner.Text) error {
	file, err := settings.DecodeDiscreetly("", data, value)
	if err != nil {
		return err
	}
	if file.IsEmpty() {
		return settings.InFile(0, "le fichier est vide : "+needed.FR, "the file is empty: "+needed.EN).Because(scanner.CauseFileEmpty)
	}
	return nil
}
