// SPDX-License-Identifier: Apache-2.0

// Package csv writes the findings of a run for a spreadsheet, one line each, as
// a French one opens them by a double click: semicolons and a byte order mark.
package csv

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"carescan/reports"
	"carescan/scanner"
)

// column is one column: its head and what it holds.
type column struct {
	head scanner.Text
	cell func(d reports.Document, f reports.Finding, l scanner.Lang) string
}

// Write writes the findings, those that ask most of the reader first.
func Write(w io.Writer, d reports.Document, l scanner.Lang) error {
	// Without the mark a French Excel reads Windows-1252.
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	out := csv.NewWriter(w)
	out.Comma = ';'
	out.UseCRLF = true // RFC 4180 section 2
	columns := columns()
	if err := out.Write(row(columns, func(c column) string { return c.head.In(l) })); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	for _, f := range d.Findings() {
		if err := out.Write(row(columns, func(c column) string { return c.cell(d, f, l) })); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

func row(columns []column, cell func(column) string) []string {
	cells := make([]string, 0, len(columns))
	for _, c := range columns {
		cells = append(cells, neutral(cell(c)))
	}
	return cells
}

// neutral keeps a spreadsheet from running a cell as a formula: the quote is
// shown by none of them (aggregator.md section 9, "Exports").
func neutral(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func columns() []column {
	return []column{
		{scanner.Text{FR: "FINESS", EN: "FINESS"}, func(d reports.Document, _ reports.Finding, _ scanner.Lang) string {
			return string(d.Run.Establishment.FINESS)
		}},
		{scanner.Text{FR: "Établissement", EN: "Establishment"}, func(d reports.Document, _ reports.Finding, _ scanner.Lang) string {
			return d.Run.Establishment.Name
		}},
		{scanner.Text{FR: "Date du passage", EN: "Date of the run"}, func(d reports.Document, _ reports.Finding, _ scanner.Lang) string {
			return d.Run.Started.UTC().Format(time.DateOnly)
		}},
		{scanner.Text{FR: "Résultat", EN: "Outcome"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string { return f.Outcome.Label().In(l) }},
		{scanner.Text{FR: "Fondement", EN: "Stands on"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string { return f.Strength.Label().In(l) }},
		{scanner.Text{FR: "Gravité", EN: "Severity"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string { return f.Severity.Label().In(l) }},
		{scanner.Text{FR: "Vérification", EN: "Check"}, func(_ reports.Document, f reports.Finding, _ scanner.Lang) string {
			return fmt.Sprintf("%s/%d", f.Check, f.Revision)
		}},
		{scanner.Text{FR: "Type de cible", EN: "Kind of target"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string {
			return f.Target.Kind.Label().In(l)
		}},
		{scanner.Text{FR: "Cible", EN: "Target"}, func(_ reports.Document, f reports.Finding, _ scanner.Lang) string { return f.Target.ID }},
		{scanner.Text{FR: "Attendu", EN: "Expected"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string { return f.Title.In(l) }},
		{scanner.Text{FR: "En bref", EN: "In brief"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string { return f.Heading().In(l) }},
		{scanner.Text{FR: "Constat", EN: "Finding"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string { return f.Message.In(l) }},
		{scanner.Text{FR: "Que faire", EN: "What to do"}, func(_ reports.Document, f reports.Finding, l scanner.Lang) string { return f.Fix.In(l) }},
		{scanner.Text{FR: "Exigences", EN: "Controls"}, func(_ reports.Document, f reports.Finding, _ scanner.Lang) string { return controlsOf(f) }},
		{scanner.Text{FR: "Observations", EN: "Observations"}, func(_ reports.Document, f reports.Finding, _ scanner.Lang) string {
			return strings.Join(f.Observations, " ")
		}},
		{scanner.Text{FR: "Empreinte du constat", EN: "Fingerprint"}, func(_ reports.Document, f reports.Finding, _ scanner.Lang) string { return f.Fingerprint }},
		{scanner.Text{FR: "Listes publiques consultées", EN: "Public lists consulted"}, func(d reports.Document, _ reports.Finding, l scanner.Lang) string {
			return listsOf(d.Run, l)
		}},
	}
}

// listsOf are the public lists of a run, the same on every row.
func listsOf(r scanner.Run, l scanner.Lang) string {
	var lists []string
	for _, list := range r.Lists {
		lists = append(lists, list.Sentence(r.Started).In(l))
	}
	return strings.Join(lists, " / ")
}

func controlsOf(f reports.Finding) string {
	var names []string
	for _, c := range f.Controls {
		names = append(names, c.Catalog+" "+c.ID)
	}
	return strings.Join(names, ", ")
}
