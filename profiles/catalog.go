// SPDX-License-Identifier: Apache-2.0

package profiles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"carescan/scanner"
)

// Catalog is the controls of one version of one framework. It is data, kept by
// whoever answers for compliance.
type Catalog struct {
	ID       string       `yaml:"id"`
	Version  string       `yaml:"version"`
	Title    scanner.Text `yaml:"title"`
	Source   string       `yaml:"source"`
	Verified string       `yaml:"verified"` // date, as 2006-01-02, unless a control has its own
	Controls []Control    `yaml:"controls"`
}

// Control is one control of a catalog, with the checks that serve it.
type Control struct {
	ID         string             `yaml:"id"`
	Title      scanner.Text       `yaml:"title"`
	Source     string             `yaml:"source"`
	Confidence scanner.Confidence `yaml:"confidence"`
	Verified   string             `yaml:"verified"`
	Checks     []string           `yaml:"checks"`
}

// resolved returns the controls in the words of the scanner.
func (c Catalog) resolved() []scanner.Control {
	var controls []scanner.Control
	for _, k := range c.Controls {
		controls = append(controls, scanner.Control{
			Catalog: c.ID, ID: k.ID, Title: k.Title, Source: k.Source,
			Confidence: k.Confidence, Verified: cmp.Or(k.Verified, c.Verified), Checks: k.Checks,
		})
	}
	return controls
}

// validate refuses a catalog that could mislead its reader.
func (c Catalog) validate(known func(check string) bool) error {
	if c.ID == "" || c.Version == "" || c.Title.FR == "" || c.Title.EN == "" || c.Source == "" {
		return errors.New("id, version, title in both languages and source are needed")
	}
	seen := map[string]bool{}
	for _, k := range c.resolved() {
		if seen[k.ID] {
			return fmt.Errorf("control %q is there twice", k.ID)
		}
		seen[k.ID] = true
		if err := validateControl(k, known); err != nil {
			return fmt.Errorf("control %q: %w", k.ID, err)
		}
	}
	return nil
}

func validateControl(k scanner.Control, known func(check string) bool) error {
	if k.ID == "" || k.Title.FR == "" || k.Title.EN == "" || k.Source == "" {
		return errors.New("id, title in both languages and source are needed")
	}
	if !slices.Contains(marks, k.Confidence) {
		return fmt.Errorf("confidence %q must be one of %q", k.Confidence, marks)
	}
	if _, err := time.Parse(time.DateOnly, k.Verified); err != nil {
		return fmt.Errorf("verified must be a date such as 2026-11-22: %w", err)
	}
	for _, id := range k.Checks {
		if !known(id) {
			return fmt.Errorf("check %q does not exist: see carescan-agent checks list", id)
		}
	}
	// What was searched for and not found must not be asserted (regulation.md section 0).
	if k.Confidence == scanner.NotFound && len(k.Checks) > 0 {
		return errors.New(`confidence "?" cannot be served by checks`)
	}
	return nil
}

var marks = []scanner.Confidence{scanner.Verified, scanner.Secondary, scanner.Known, scanner.NotFound}
