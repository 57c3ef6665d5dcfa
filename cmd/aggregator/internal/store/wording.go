// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"
	"slices"

	"carescan/scanner"
)

// words are the texts of a finding that come from the papers of its check: they are
// alike in every establishment, and kept once for all.
type words struct {
	Title    scanner.Text `json:"title"`
	Headline scanner.Text `json:"headline,omitzero"`
	Fix      scanner.Text `json:"fix"`
}

// wording is words as they are kept, under their digest.
type wording struct{ digest, content string }

// wordings are those of a bundle: its findings share many.
type wordings map[words]wording

func (known wordings) of(f scanner.Finding) (wording, error) {
	w := words{f.Title, f.Headline, f.Fix}
	if found, ok := known[w]; ok {
		return found, nil
	}
	content, err := encode(w)
	known[w] = wording{scanner.Digest([]byte(content)), content}
	return known[w], err
}

// writeWordings writes those that nobody wrote before, in one order: two arrivals that
// write the same ones in another would wait for each other.
func writeWordings(list map[string]wording) batch {
	rows := batch{into: "wording", columns: "digest, content", key: "digest"}
	for _, digest := range slices.Sorted(maps.Keys(list)) {
		rows.add(digest, list[digest].content)
	}
	return rows
}

// forgetUnnamedWords takes out the words that no look names any more. They say nothing,
// and a replay brings them back.
func forgetUnnamedWords(ctx context.Context, tx *transaction) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM wording WHERE digest NOT IN (SELECT wording FROM finding_look)`)
	return wrap(err, "forget texts that no look names")
}
