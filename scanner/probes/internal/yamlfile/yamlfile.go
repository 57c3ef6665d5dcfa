// SPDX-License-Identifier: Apache-2.0

// Package yamlfile reads the YAML files that people of an establishment keep.
// An unknown word is refused and never skipped, and no error repeats anything
// of the file: it may hold the name of a person, and errors travel.
package yamlfile

import (
	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// MaxFile bounds such a file, in bytes.
const MaxFile = settings.MaxFile

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
