// SPDX-License-Identifier: Apache-2.0

// Package render lists the ways to present a run: one entry a way, in the order
// they are offered. Adding a renderer is a folder beside this file and a row in
// the list; commands, their help and their checks read it.
package render

import (
	"io"
	"slices"

	"carescan/reports"
	"carescan/reports/render/csv"
	"carescan/reports/render/dossier"
	"carescan/reports/render/html"
	"carescan/reports/render/json"
	"carescan/reports/render/table"
	"carescan/scanner"
)

// Format is one way to present a run.
type Format struct {
	ID        string       // what a person types after --format
	Title     scanner.Text // what it is, for the help
	File      scanner.Text // name of the file; empty for what is at home on a terminal
	MediaType string
	Write     func(io.Writer, reports.Document, scanner.Lang) error
	// Pack names the evidence pack that files this document, in every language,
	// with the sealed bundle it is drawn from; empty when it travels alone.
	Pack string
}

// All lists the formats; the first is the one nobody has to ask for.
func All() []Format {
	return []Format{
		{
			ID: "table", Title: scanner.Text{FR: "résumé dans le terminal", EN: "summary in the terminal"},
			MediaType: "text/plain; charset=utf-8", Write: table.Write,
		},
		{
			ID: "json", Title: scanner.Text{FR: "document stable pour un programme", EN: "stable document for a program"},
			File: scanner.Text{FR: "rapport.json", EN: "report.json"}, MediaType: "application/json", Write: json.Write,
		},
		{
			ID: "html", Title: scanner.Text{FR: "rapport à lire dans un navigateur", EN: "report to read in a browser"},
			File: scanner.Text{FR: "rapport.html", EN: "report.html"}, MediaType: "text/html; charset=utf-8", Write: html.Write,
		},
		{
			ID: "csv", Title: scanner.Text{FR: "constats pour un tableur", EN: "findings for a spreadsheet"},
			File: scanner.Text{FR: "constats.csv", EN: "findings.csv"}, MediaType: "text/csv; charset=utf-8", Write: csv.Write,
		},
		{
			ID: "dossier", Title: scanner.Text{FR: "dossier pour la visite de la HAS, avec ses preuves", EN: "dossier for the HAS visit, with its evidence"},
			File: scanner.Text{FR: "dossier-has.html", EN: "has-dossier.html"}, MediaType: "text/html; charset=utf-8", Write: dossier.Write,
			Pack: "dossier-has.zip",
		},
	}
}

// ByID finds a format.
func ByID(id string) (Format, bool) {
	all := All()
	i := slices.IndexFunc(all, func(f Format) bool { return f.ID == id })
	if i < 0 {
		return Format{}, false
	}
	return all[i], true
}

// IDs are the words a person may type, in order.
func IDs() []string {
	var ids []string
	for _, f := range All() {
		ids = append(ids, f.ID)
	}
	return ids
}
