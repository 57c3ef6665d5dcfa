// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"strings"
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
)

func TestModelIsRead(t *testing.T) {
	const cited = "documents/exercice.pdf"
	for name, test := range map[string]struct{ content, document string }{
		"as-written":      {modelFile, ""},
		"document-chosen": {strings.Replace(modelFile, "# document: "+cited, "document: exercice.pdf", 1), scanner.Digest([]byte("minutes"))},
	} {
		t.Run(name, func(t *testing.T) {
			sightings, err := observe(t, place(t, model.File, test.content, "exercice.pdf", "minutes"))
			if err != nil {
				t.Fatal(err)
			}
			items := sightings[0].Fact.(fact.Attestations).Items
			if len(items) != len(topics()) || items[0].Document != test.document {
				t.Errorf("items = %+v, want one for each topic, the first with the document %q", items, test.document)
			}
		})
	}
}

func TestEveryTopicIsDocumented(t *testing.T) {
	for _, word := range append(topicWords(), typeWords()...) {
		if word.Means.FR == "" || word.Means.EN == "" {
			t.Errorf("the topic %v has no meaning in both languages", word.Written)
		}
	}
}
