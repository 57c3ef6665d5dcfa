// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// wanted is what a case says of the finding of an observation.
type wanted struct {
	Outcome  scanner.Outcome  `json:"outcome"`
	Severity scanner.Severity `json:"severity"`
	Reason   string           `json:"reason"`
	Values   scanner.Values   `json:"values,omitempty"`
	Message  scanner.Text     `json:"message"`
}

// testCase is one file of a check's testdata.
type testCase struct {
	file        string
	archive     *txtar.Archive
	observation scanner.Observation
	beside      []scanner.Observation // what the observation is judged against
	params      json.RawMessage
	want        wanted
}

// readCase reads a file whose sections are observation.json, finding.json and,
// where there are some, reference.json and the params.json that a profile sets.
func readCase(t *testing.T, file string) testCase {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := testCase{file: file, archive: archive}
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		t.Fatalf("%s: the first line must say what the case shows", file)
	}
	for _, section := range archive.Files {
		if err := c.read(section); err != nil {
			t.Fatalf("%s: read %s: %v", file, section.Name, err)
		}
	}
	for _, o := range append(c.beside, c.observation) {
		if err := knownFields(o); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return c
}

func (c *testCase) read(section txtar.File) error {
	switch section.Name {
	case "observation.json":
		return strict(section.Data, &c.observation)
	case "reference.json":
		c.beside = make([]scanner.Observation, 1)
		return strict(section.Data, &c.beside[0])
	case "finding.json":
		return strict(section.Data, &c.want)
	case "params.json":
		c.params = section.Data
		return nil
	}
	return errors.New("unknown section")
}

func strict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// knownFields refuses a fact with a field that its type has not: a misspelt
// word would otherwise test the zero value.
func knownFields(o scanner.Observation) error {
	for _, into := range facts() {
		if into.FactKind() == o.Kind {
			return strict(o.Fact, into)
		}
	}
	return fmt.Errorf("no fact is called %q", o.Kind)
}

// facts lists every kind of fact.
func facts() []scanner.Fact {
	return []scanner.Fact{
		new(fact.Accounts), new(fact.Attestations), new(fact.DNSSEC), new(fact.Delegation), new(fact.Directory),
		new(fact.History), new(fact.HostServices), new(fact.Hosting), new(fact.Inventory), new(fact.MailPolicy),
		new(fact.MailServers), new(fact.Products), new(fact.Recursion), new(fact.Registration), new(fact.Source),
		new(fact.TLS), new(fact.Templates), new(fact.Transfer), new(fact.Web), new(fact.Zone),
	}
}

// update rewrites the finding wanted by the case.
func (c testCase) update(t *testing.T, got wanted) {
	t.Helper()
	raw, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for i, section := range c.archive.Files {
		if section.Name == "finding.json" {
			c.archive.Files[i].Data = slices.Concat(raw, []byte("\n"))
		}
	}
	if err := os.WriteFile(c.file, txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// finding is what a check says of the case.
func (c testCase) finding(check scanner.Check) scanner.Finding {
	return check.Evaluate(c.observation, c.params, c.beside...)
}

// casesOf reads every case of the folder of a check.
func casesOf(t *testing.T, id string) []testCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folderOf(id), "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []testCase
	for _, file := range files {
		cases = append(cases, readCase(t, file))
	}
	return cases
}
