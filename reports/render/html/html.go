// SPDX-License-Identifier: Apache-2.0

// Package html writes a run as one self-contained page for the people on site:
// what to do first, why, and where each statement comes from.
package html

import (
	_ "embed"
	"io"

	"carescan/reports"
	"carescan/reports/render/page"
	"carescan/scanner"
)

//go:embed report.gohtml
var report string

// Write writes the report, with the names of people when the document has them.
func Write(w io.Writer, d reports.Document, l scanner.Lang) error {
	return page.Write(w, report, page.Page{Document: d, Lang: l, Local: true})
}
