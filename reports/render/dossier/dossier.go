// SPDX-License-Identifier: Apache-2.0

// Package dossier writes a run for quality managers and for the expert visitors
// of the Haute Autorité de santé: one chapter per topic, in plain language, each
// statement tied to its evidence. It leaves the establishment, so it names no
// person.
package dossier

import (
	_ "embed"
	"io"

	"carescan/reports"
	"carescan/reports/render/page"
	"carescan/scanner"
)

//go:embed dossier.gohtml
var body string

// Write writes the dossier as one self-contained page.
func Write(w io.Writer, d reports.Document, l scanner.Lang) error {
	d.Names = nil
	return page.Write(w, body, page.Page{Document: d, Lang: l})
}
