// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"cmp"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// document is the JSON that is compressed and sealed. Fields may be added,
// never renamed or removed: old bundles are read for ever.
type document struct {
	Header    Header      `json:"header"`
	Run       scanner.Run `json:"run"`
	Artifacts []artifact  `json:"artifacts"`
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
	raw, err := json.Marshal(document{b.Header, b.Run, artifactsOf(b.Run)})
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
	if err := CheckText(raw, MaxDecoded); err != nil {
		return Bundle{}, envelope.Wrong(partRun, "%w", err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
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
