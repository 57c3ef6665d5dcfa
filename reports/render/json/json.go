// SPDX-License-Identifier: Apache-2.0

// Package json writes a run for programs: one versioned document, described by
// docs/schema/report-1.json. It holds every language and no person's name.
package json

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"carescan/reports"
	"carescan/scanner"
)

// Schema names the form of the document.
const Schema = "carescan.report/1"

type document struct {
	Schema      string             `json:"schema"`
	GeneratedAt time.Time          `json:"generated_at"`
	Language    scanner.Lang       `json:"language"` // that its reader asked for
	Bundle      *reports.BundleRef `json:"bundle"`   // null when the run was not sealed
	Summary     summary            `json:"summary"`
	Frameworks  []framework        `json:"frameworks"`
	Run         scanner.Run        `json:"run"`
}

// summary counts, so that a reader need not.
type summary struct {
	Findings map[scanner.Outcome]int      `json:"findings"`
	Controls map[scanner.ControlState]int `json:"controls"`
}

type framework struct {
	ID       string                       `json:"id"`
	Title    scanner.Text                 `json:"title"`
	Controls map[scanner.ControlState]int `json:"controls"`
}

// Write writes the run as one JSON document.
func Write(w io.Writer, d reports.Document, l scanner.Lang) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(arrange(d, l)); err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}

func arrange(d reports.Document, l scanner.Lang) document {
	list := []framework{}
	for _, f := range d.ByFramework() {
		list = append(list, framework{f.ID, f.Title, f.Count})
	}
	return document{
		Schema: Schema, GeneratedAt: d.Now.UTC(), Language: l, Bundle: d.Bundle,
		Summary:    summary{d.Run.CountFindings(), d.Run.CountControls()},
		Frameworks: list, Run: listed(d.Run),
	}
}

// listed makes empty lists of absent ones: a program should not meet null.
func listed(r scanner.Run) scanner.Run {
	r.Profile.Catalogs = append([]scanner.CatalogRef{}, r.Profile.Catalogs...)
	r.Scope.Names = append([]string{}, r.Scope.Names...)
	r.Controls = append([]scanner.ControlResult{}, r.Controls...)
	for i := range r.Controls {
		r.Controls[i].Checks = append([]string{}, r.Controls[i].Checks...)
		r.Controls[i].Findings = append([]string{}, r.Controls[i].Findings...)
	}
	r.Findings = append([]scanner.Finding{}, r.Findings...)
	for i := range r.Findings {
		r.Findings[i].Observations = append([]string{}, r.Findings[i].Observations...)
	}
	r.Coverage = append([]scanner.Coverage{}, r.Coverage...)
	r.Observations = append([]scanner.Observation{}, r.Observations...)
	return r
}
