// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"carescan/scanner"
)

//go:embed page.md.tmpl
var pageSource string

//go:embed index.md.tmpl
var indexSource string

// words are the labels of a page, in one language.
type words struct {
	Check, Severity, Fact, Against, Vantage, Any, References, Parameters, Default string
	Why, How, Fix, Reasons, Reason, Message, Clauses, Other, OtherLang            string
}

func wordsIn(l scanner.Lang) words {
	if l == scanner.English {
		return words{
			"Check", "Reference severity", "Fact read", "Judged against", "Seen from", "anywhere", "Reference ids", "Parameters",
			"Default", "Why", "How it is judged", "How to correct", "Reasons", "Reason", "Message", "References",
			"Français", "fr",
		}
	}
	return words{
		"Vérification", "Gravité de référence", "Fait lu", "Jugé avec", "Vu depuis", "tout point", "Identifiants de référence",
		"Paramètres", "Valeur par défaut", "Pourquoi", "Comment c'est jugé", "Comment corriger", "Motifs", "Motif",
		"Message", "Références", "English", "en",
	}
}

// page is what the template of one check shows.
type page struct {
	scanner.Check
	Words    words
	Paper    scanner.Paper
	Severity string
	Params   map[string]string
}

// render returns every page by file name.
func render(all []scanner.Check) map[string]string {
	pages := map[string]string{"README.md": execute(indexSource, all)}
	for _, check := range all {
		for _, l := range scanner.Langs() {
			paper := check.Papers.FR
			if l == scanner.English {
				paper = check.Papers.EN
			}
			pages[check.ID+"."+string(l)+".md"] = execute(pageSource,
				page{check, wordsIn(l), paper, check.Severity.Label().In(l), params(check.Judge.Defaults)})
		}
	}
	return pages
}

// execute fills a template of this folder; one that cannot be filled fails the
// tests, and shows here.
func execute(source string, data any) string {
	functions := template.FuncMap{"join": strings.Join, "reasons": func(m map[string]string) []string {
		return slices.Sorted(maps.Keys(m))
	}}
	var out bytes.Buffer
	parsed, err := template.New("").Funcs(functions).Parse(source)
	if err == nil {
		err = parsed.Execute(&out, data)
	}
	if err != nil {
		return fmt.Sprintf("cannot write this page: %v\n", err)
	}
	return out.String()
}

// params lists the default parameters as JSON writes them.
func params(defaults json.RawMessage) map[string]string {
	var raw map[string]json.RawMessage
	if json.Unmarshal(defaults, &raw) != nil {
		return nil
	}
	shown := make(map[string]string, len(raw))
	for name, value := range raw {
		shown[name] = string(value)
	}
	return shown
}
