// SPDX-License-Identifier: Apache-2.0

package settings

import "carescan/scanner"

// Model is a file that a person writes for a section: an example that works as it
// stands, and what its page says of it. The prose of that page is beside the model,
// in model.fr.md and model.en.md.
type Model struct {
	Name     string // of its page, and word of the command that writes it
	File     string // name it is written under, beside the configuration
	Declared string // how a configuration names that file, as written in YAML
	Content  string // commented in both languages; everything in it is invented

	// Keys documents the keys of Value, or the Columns.
	Keys         Keys
	Value        any      // what a YAML file is read into; nil for a CSV
	Columns      []string // of a CSV, in their usual order
	Vocabularies []Vocabulary
	Limits       map[string]int // the most that is read of something, by the name its page gives it
}

// Vocabulary lists the words that one key or column accepts.
type Vocabulary struct {
	Name  string // by which the page calls it
	Words []Word
}

// Word is a meaning, and every way to write it.
type Word struct {
	Written []string
	Means   scanner.Text
}
