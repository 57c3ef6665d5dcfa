// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"sync"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/fact"
)

//go:embed curation.yaml
var curationFile []byte

// curation says, template by template, what is not to be taken as it comes
// (exposure-checks.md section 8).
type curation struct {
	Never      []curated `yaml:"never"`
	Unreported []curated `yaml:"unreported"`
	Review     []curated `yaml:"review"`
	Merge      []curated `yaml:"merge"`
}

// curated is one entry and its reason.
type curated struct {
	ID   string   `yaml:"id"`   // or a pattern, as in path.Match
	Into []string `yaml:"into"` // templates that tell the same when they match
	FR   string   `yaml:"fr"`
	EN   string   `yaml:"en"`
}

// curate reads the file once; a test keeps it readable.
var curate = sync.OnceValues(func() (curation, error) { return parseCuration(curationFile) })

func parseCuration(data []byte) (curation, error) {
	var c curation
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		return curation{}, fmt.Errorf("read curation: %w", err)
	}
	for _, entries := range [][]curated{c.Never, c.Unreported, c.Review, c.Merge} {
		for _, e := range entries {
			if _, err := path.Match(e.ID, ""); err != nil || e.ID == "" || e.FR == "" || e.EN == "" {
				return curation{}, fmt.Errorf("read curation: entry %q needs an identifier and a reason in both languages", e.ID)
			}
		}
	}
	return c, nil
}

func find(entries []curated, id string) (curated, bool) {
	for _, e := range entries {
		if ok, _ := path.Match(e.ID, id); ok {
			return e, true
		}
	}
	return curated{}, false
}

// never refuses a template that the curation excludes.
func never(id string) error {
	c, err := curate()
	if err != nil {
		return err
	}
	if e, ok := find(c.Never, id); ok {
		text := scanner.Text{FR: "modèle écarté : " + e.FR, EN: "template excluded: " + e.EN}
		return &refusal{text: text, kind: scanner.Text{FR: "modèle écarté", EN: "template excluded"}}
	}
	return nil
}

// curationOf says how a match of a template is to be taken.
func curationOf(id string) fact.Curation {
	c, _ := curate()
	if _, ok := find(c.Unreported, id); ok {
		return fact.Unreported
	}
	if _, ok := find(c.Review, id); ok {
		return fact.NeedsReview
	}
	return ""
}

// merge marks the matches that another one tells already.
func merge(runs []fact.TemplateRun) {
	c, _ := curate()
	matched := map[string]bool{}
	for _, r := range runs {
		matched[r.ID] = r.Matched
	}
	for i, r := range runs {
		e, ok := find(c.Merge, r.ID)
		for _, other := range e.Into {
			if ok && r.Matched && matched[other] && other != r.ID {
				runs[i].Curation = fact.Merged
			}
		}
	}
}

// checkCuration makes a curation that cannot be read an error of New.
func checkCuration() error {
	if _, err := curate(); err != nil {
		return errors.New("the curation shipped with the product cannot be read: " + err.Error())
	}
	return nil
}
