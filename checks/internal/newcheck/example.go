// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"golang.org/x/tools/txtar"

	"carescan/scanner"
)

// example is an observation that a case of another check holds: a new check begins
// with a target of the right kind, and with facts that a probe could write.
type example struct {
	scanner.Observation
	outcome scanner.Outcome
}

// examplesOf reads the cases of the checks that read a kind of fact.
func examplesOf(root, kind string) ([]example, error) {
	files, err := filepath.Glob(filepath.Join(root, "checks", "*", "*", "testdata", "*.txtar"))
	if err != nil {
		return nil, err
	}
	var list []example
	for _, file := range files {
		e, err := readExample(file)
		if err != nil {
			return nil, fmt.Errorf("read case %s: %w", file, err)
		}
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list, nil
}

func readExample(file string) (example, error) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		return example{}, err
	}
	var e example
	var finding struct {
		Outcome scanner.Outcome `json:"outcome"`
	}
	for _, section := range archive.Files {
		switch section.Name {
		case "observation.json":
			err = json.Unmarshal(section.Data, &e.Observation)
		case "finding.json":
			err = json.Unmarshal(section.Data, &finding)
		}
		if err != nil {
			return example{}, err
		}
	}
	e.outcome = finding.Outcome
	return e, nil
}

// first picks the first example with an outcome; without one, a domain and a fact
// of which nothing is known.
func first(list []example, outcome scanner.Outcome) example {
	for _, o := range []scanner.Outcome{outcome, scanner.Pass, scanner.Inconclusive} {
		if at := slices.IndexFunc(list, func(e example) bool { return e.outcome == o && len(e.Fact) > 0 }); at >= 0 {
			return list[at]
		}
	}
	return example{Observation: scanner.Observation{Target: scanner.DomainTarget("chu.test"), Fact: json.RawMessage("{}")}}
}
