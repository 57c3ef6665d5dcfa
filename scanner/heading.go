// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"cmp"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Heading is what a list says of the finding: of a failure, what was found; of
// anything else, the situation that is expected. A failure sealed before failures
// had a headline is its title, denied: a red mark before a reassuring sentence
// misleads.
func (f Finding) Heading() Text {
	switch {
	case f.Outcome != Fail:
		return f.Title
	case f.Headline != Text{}:
		return f.Headline
	}
	return Text{Typeset(French, "Non conforme : ") + f.Title.FR, "Not met: " + f.Title.EN}
}

// Lack is a source that nobody declared, with the findings that say so.
type Lack struct {
	Source
	Findings []Finding
}

// Lacks gathers by source the findings that nothing was declared for, by the key
// of the source. Each source is said once, however many checks wait for it.
func Lacks(findings []Finding) []Lack {
	var lacks []Lack
	for _, f := range findings {
		source, lacking := f.Undeclared()
		if !lacking {
			continue
		}
		at := slices.IndexFunc(lacks, func(l Lack) bool { return l.Key == source.Key })
		if at < 0 {
			at, lacks = len(lacks), append(lacks, Lack{Source: source})
		}
		lacks[at].Findings = append(lacks[at].Findings, f)
	}
	slices.SortFunc(lacks, func(a, b Lack) int { return cmp.Compare(a.Key, b.Key) })
	return lacks
}

var lackSentence = Text{
	"{source_fr} : rien n'est déclaré ({n|vérification|vérifications|aucune vérification} sans objet pour l'instant). À déclarer sous « {source_key} » dans agent.yaml.",
	`{source_en}: nothing is declared ({n|check|checks} without object for now). To be declared under "{source_key}" in agent.yaml.`,
}.Typeset()

// Sentence says what is not declared, how many checks wait for it, and where it
// would be declared.
func (l Lack) Sentence() Text {
	words := l.Name()
	return lackSentence.Fill(Values{
		"source_fr": words.FR, "source_en": words.EN, "source_key": l.Key, "n": strconv.Itoa(len(l.Findings)),
	})
}

var lacksSentence = Text{
	"{s|source n'est pas déclarée|sources ne sont pas déclarées} : {n|vérification est|vérifications sont} sans objet pour l'instant.",
	"{s|source is|sources are} not declared: {n|check is|checks are} without object for now.",
}.Typeset()

// CountLacks says in one sentence how many sources nobody declared, and how many
// checks wait for them.
func CountLacks(lacks []Lack) Text {
	waiting := 0
	for _, l := range lacks {
		waiting += len(l.Findings)
	}
	return lacksSentence.Fill(Values{"s": strconv.Itoa(len(lacks)), "n": strconv.Itoa(waiting)})
}

// Name is the source as it begins a line.
func (l Lack) Name() Text { return Text{capital(l.Words.FR), capital(l.Words.EN)} }

func capital(sentence string) string {
	first, size := utf8.DecodeRuneInString(sentence)
	return string(unicode.ToUpper(first)) + sentence[size:]
}
