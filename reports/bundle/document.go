// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"cmp"
	"encoding/json"
	"slices"
	"unicode/utf8"

	jsonv1 "github.com/go-json-experiment/json/v1"

	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// document is the JSON that is compressed and sealed. Fields may be added,
// never renamed or removed: old bundles are read for ever.
type document struct {
	Header    Header      `json:"header"`
	Run       scanner.Run `json:"run"`
	Artifacts []artifact  `json:"artifacts"`

	longest int // bytes of its longest text, as it is written
}

// artifact is the raw bytes behind an observation, with their name.
type artifact struct {
	Ref  scanner.ArtifactRef `json:"ref"`
	Data []byte              `json:"data"`
}

// documentOf makes a document fit to be sealed of a bundle. It works on a copy,
// because cleaning texts and shedding weight must not reach the run of the
// caller.
func documentOf(b Bundle) (*document, error) {
	raw, err := json.Marshal(document{Header: b.Header, Run: b.Run, Artifacts: artifactsOf(b.Run)})
	if err != nil {
		return nil, envelope.Wrong(partRun, "encode: %w", err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, envelope.Wrong(partRun, "encode: %w", err)
	}
	d.shedUnreadable()
	d.clean()
	return &d, nil
}

// artifactsOf lists the artifacts of a run once each, in the order of their
// digests.
func artifactsOf(r scanner.Run) []artifact {
	list := make([]artifact, 0, len(r.Artifacts))
	for _, a := range r.Artifacts {
		list = append(list, artifact{a.Ref, a.Data})
	}
	slices.SortFunc(list, func(a, b artifact) int {
		return cmp.Or(cmp.Compare(a.Ref.Digest, b.Ref.Digest), cmp.Compare(a.Ref.Name, b.Ref.Name))
	})
	return slices.CompactFunc(list, func(a, b artifact) bool { return a.Ref.Digest == b.Ref.Digest })
}

// decode reads the JSON of a bundle and checks all that it means.
func decode(raw []byte) (Bundle, error) {
	if !utf8.Valid(raw) {
		return Bundle{}, envelope.Wrong(partRun, "the text is not valid UTF-8")
	}
	longest, err := checkText(raw, MaxDecoded)
	if err != nil {
		return Bundle{}, envelope.Wrong(partRun, "%w", err)
	}
	d := document{longest: longest}
	// As encoding/json would, which takes three times as long; a fuzz target compares them.
	if err := jsonv1.Unmarshal(raw, &d); err != nil {
		return Bundle{}, envelope.Wrong(partRun, "decode: %w", err)
	}
	if err := d.check(); err != nil {
		return Bundle{}, err
	}
	for _, a := range d.Artifacts {
		d.Run.Artifacts = append(d.Run.Artifacts, scanner.Artifact{Ref: a.Ref, Data: a.Data})
	}
	return Bundle{d.Header, d.Run}, nil
}
