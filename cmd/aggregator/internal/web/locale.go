// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
)

// locale is the sentences of one language, by key.
type locale map[string]string

func loadLocale(l scanner.Lang) (locale, error) {
	raw, err := files.ReadFile("locale/" + string(l) + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read sentences: %w", err)
	}
	words := locale{}
	if err := yaml.Unmarshal(raw, &words); err != nil {
		return nil, fmt.Errorf("read sentences of %q: %w", l, err)
	}
	for key, sentence := range words {
		words[key] = scanner.Typeset(l, sentence)
	}
	return words, nil
}

// actor names who did something: a person or an agent by name, or one of the two that
// have none.
func (l locale) actor(name string) string {
	switch name {
	case "?":
		return l["actor.unknown"]
	case "operator": // whoever types the commands of the aggregator
		return l["actor.operator"]
	}
	return name
}

// say is a sentence with its blanks filled: say "region.of" "n" 3 replaces {n}.
func (l locale) say(key string, pairs ...any) (string, error) {
	sentence, ok := l[key]
	if !ok || len(pairs)%2 != 0 {
		return "", fmt.Errorf("no sentence is called %q, or its blanks come without values", key)
	}
	for i := 0; i < len(pairs); i += 2 {
		sentence = strings.ReplaceAll(sentence, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return sentence, nil
}
