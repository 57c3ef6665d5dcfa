// SPDX-License-Identifier: Apache-2.0

// Package page is what every HTML document of a run has in common: the frame,
// the stylesheet, the shapes of the outcomes and the walk from a finding to its
// evidence. A document is one file that loads nothing and runs nothing.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"carescan/reports"
	"carescan/scanner"
)

//go:embed style.css
var style string

//go:embed parts.gohtml
var parts string

// Page is what a template sees.
type Page struct {
	reports.Document
	Lang scanner.Lang
	// Local tells that the document stays in the establishment, and may name
	// people.
	Local bool
}

// Write fills the template of a document, which uses the common parts.
func Write(w io.Writer, body string, p Page) error {
	t, err := template.New("page").Funcs(functions(p.Lang)).Parse(parts)
	if err != nil {
		return fmt.Errorf("parse common parts: %w", err)
	}
	if t, err = t.New("body").Parse(body); err != nil {
		return fmt.Errorf("parse document: %w", err)
	}
	if !p.Local {
		p.Names = nil
	}
	if err := t.ExecuteTemplate(w, "body", p); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// Policy lets in the one stylesheet of the document and nothing else (CSP
// level 3): no script, no image, no font, no address outside.
func Policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}
