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

	"carescan/checks"
	"carescan/scanner"
)

//go:embed page.md.tmpl
var pageSource string

//go:embed index.md.tmpl
var indexSource string

//go:embed family.md.tmpl
var familySource string

// words are the labels of a page, in one language.
type words struct {
	Check, Severity, Fact, Against, Vantage, Any, References, Parameters, Default string
	Why, How, Fix, Conclude, Reasons, Reason, Message                             string
	Clauses, Other, OtherLang, Expected                                           string
}

func wordsIn(l scanner.Lang) words {
	if l == scanner.English {
		return words{
			"Check", "Reference severity", "Fact read", "Judged against", "Seen from", "anywhere", "Reference ids", "Parameters",
			"Default", "Why", "How it is judged", "How to correct", "How to conclude", "Reasons", "Reason",
			"Message", "References", "Français", "fr", "What is expected",
		}
	}
	return words{
		"Vérification", "Gravité de référence", "Fait lu", "Jugé avec", "Vu depuis", "tout point", "Identifiants de référence",
		"Paramètres", "Valeur par défaut", "Pourquoi", "Comment c'est jugé", "Comment corriger", "Comment conclure",
		"Motifs", "Motif", "Message", "Références", "English", "en", "Ce qui est attendu",
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

// family is a family of checks with its checks.
type family struct {
	checks.Family
	Checks []scanner.Check
}

// familyPage is what the template of one family shows.
type familyPage struct {
	Name, Title, About string
	Checks             []scanner.Check
	Lang               scanner.Lang
	Words              words
}

// render returns every page by file name.
func render(all []scanner.Check) map[string]string {
	pages := map[string]string{}
	var families []family
	for _, f := range checks.Families() {
		mine := slices.DeleteFunc(slices.Clone(all), func(c scanner.Check) bool { return !strings.HasPrefix(c.ID, f.Name+".") })
		families = append(families, family{f, mine})
		for _, l := range scanner.Langs() {
			pages[f.Name+"."+string(l)+".md"] = execute(familySource,
				familyPage{f.Name, f.Title.In(l), f.About.Typeset().In(l), mine, l, wordsIn(l)})
		}
	}
	pages["README.md"] = execute(indexSource, families)
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
	functions := template.FuncMap{"join": strings.Join, "outline": scanner.Outline, "reasons": func(m map[string]scanner.Reason) []string {
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
