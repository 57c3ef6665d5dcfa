// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"carescan/checks"
	"carescan/scanner"
)

//go:embed templates
var templates embed.FS

// folder is what the templates are filled with.
type folder struct {
	ID, Package    string
	Kind, FactType string
	Reference      string
	Doubted        bool // the kind of fact does not say how a failure is confirmed
	Cases          []newCase
}

// newCase is a case to be completed: what it is to show, and where it begins.
type newCase struct {
	File, Shows, Observation string
}

var validID = regexp.MustCompile(`^[a-z]+\.[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// create writes the folder of a new check under a module root, and returns it. A
// reference is an id of the reference tables.
func create(root, id, kind, reference string) (dir string, err error) {
	if !validID.MatchString(id) {
		return "", fmt.Errorf("id %q must be family.subject, in lower case with hyphens", id)
	}
	factType, err := factType(root, kind)
	if err != nil {
		return "", err
	}
	family, known := checks.FamilyOf(id)
	if !known {
		return "", fmt.Errorf("no family is called as %q begins: add its row to checks/families.go first", id)
	}
	_, subject, _ := strings.Cut(id, ".")
	f := folder{ID: id, Package: strings.ReplaceAll(subject, "-", ""), Kind: kind, FactType: factType, Reference: reference}
	f.Doubted = family.Vantage == scanner.VantageInternet && checks.ConfirmationOf(kind) == ""
	dir = filepath.Join(root, "checks", family.Name, f.Package)
	if _, err := os.Stat(dir); err == nil {
		return "", fmt.Errorf("folder %s exists already", dir)
	}
	examples, err := examplesOf(root, kind)
	if err != nil {
		return "", err
	}
	for _, c := range []struct {
		file, shows string
		outcome     scanner.Outcome
	}{
		{"good", "The good situation.", scanner.Pass},
		{"fault", "What is at fault.", scanner.Fail},
		{"not_seen", "A fact without content does not allow to conclude.", ""},
	} {
		e := first(examples, c.outcome)
		if c.outcome == "" {
			e.Fact = json.RawMessage("{}")
		}
		observation, err := f.observation(e, family)
		if err != nil {
			return "", err
		}
		f.Cases = append(f.Cases, newCase{c.file, c.shows, observation})
	}
	return dir, f.write(dir)
}

// observation writes the observation of a case, complete and seen from where the
// family is judged.
func (f folder) observation(e example, family checks.Family) (string, error) {
	raw, err := json.MarshalIndent(struct {
		Kind    string          `json:"kind"`
		Target  scanner.Target  `json:"target"`
		Vantage scanner.Vantage `json:"vantage"`
		At      string          `json:"at"`
		Status  scanner.Status  `json:"status"`
		Fact    json.RawMessage `json:"fact"`
	}{
		f.Kind, e.Target, cmp.Or(family.Vantage, e.Vantage, scanner.VantageInternet), "2026-10-01T08:00:00Z",
		scanner.StatusCompleted, e.Fact,
	}, "", "  ")
	return string(raw), err
}

func (f folder) write(dir string) error {
	parsed, err := template.ParseFS(templates, "templates/*")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "testdata"), 0o755); err != nil {
		return err
	}
	for name, file := range map[string]string{"check.go.tmpl": "check.go", "fr.md.tmpl": "fr.md", "en.md.tmpl": "en.md"} {
		if err := fill(parsed.Lookup(name), filepath.Join(dir, file), f); err != nil {
			return err
		}
	}
	for _, c := range f.Cases {
		if err := fill(parsed.Lookup("case.txtar.tmpl"), filepath.Join(dir, "testdata", c.File+".txtar"), c); err != nil {
			return err
		}
	}
	return nil
}

func fill(t *template.Template, file string, data any) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := t.Execute(out, data); err != nil {
		out.Close()
		return fmt.Errorf("write %s: %w", file, err)
	}
	return out.Close()
}
