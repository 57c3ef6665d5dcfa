// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
)

const (
	exampleName = "agent.example.yaml"
	frenchName  = "configuration.fr.md"
	englishName = "configuration.md"
)

// maxComment is the most bytes of a comment in both languages on one line.
const maxComment = 100

// render gives the text of every file by its name.
func render(documented []config.Documented) map[string]string {
	return map[string]string{
		exampleName: example(documented),
		frenchName:  page(documented, scanner.French),
		englishName: page(documented, scanner.English),
	}
}

const exampleIntroduction = `# Configuration de l'agent CareScan — toutes les clés, avec leur sens.
# Configuration of the CareScan agent — every key, with its meaning.
#
# Composé par go generate ; ne pas corriger ici. / Written by go generate; do not edit.
#
# Une clé inconnue est refusée. Les chemins relatifs partent du dossier de ce
# fichier. Les secrets sont toujours dans des fichiers à part. Une date est un jour
# entier, à l'heure de Paris ; une durée a une unité (s, m, h, d ou j).
# An unknown key is refused. Relative paths start at this file's folder. Secrets
# always sit in files of their own. A date is a whole day, Paris time; a duration
# has a unit (s, m, h, d).
`

// example writes every key once, with a value that is valid.
func example(documented []config.Documented) string {
	var b strings.Builder
	b.WriteString(exampleIntroduction)
	for _, d := range documented {
		fmt.Fprintf(&b, "\n# %s\n# %s\n", d.Is.FR, d.Is.EN)
		if d.Model != nil {
			fmt.Fprintf(&b, "# Un modèle / A model: carescan-agent init %s\n", d.Model.Name)
		}
		keys := keysOf(d)
		if len(keys) == 1 && keys[0].path == "" {
			writeKey(&b, keys[0], "", "")
			continue
		}
		fmt.Fprintf(&b, "%s:\n", d.Name)
		writeKeys(&b, keys, "  ", isList(d))
	}
	return b.String()
}

// writeKeys writes keys at a place; those of a list follow one dash.
func writeKeys(b *strings.Builder, keys []key, indent string, list bool) {
	for i, k := range keys {
		switch {
		case !list:
			writeKey(b, k, indent, "")
		case i == 0:
			writeKey(b, k, indent, "- ")
		default:
			writeKey(b, k, indent+"  ", "")
		}
	}
}

// writeKey writes what a key means above it. What stands below it begins after
// its dash, when it has one.
func writeKey(b *strings.Builder, k key, indent, dash string) {
	if both := k.FR + " / " + k.EN; len(both) <= maxComment {
		fmt.Fprintf(b, "%s# %s\n", indent, both)
	} else {
		fmt.Fprintf(b, "%[1]s# %[2]s\n%[1]s# %[3]s\n", indent, k.FR, k.EN)
	}
	if len(k.below) == 0 {
		fmt.Fprintf(b, "%s%s%s: %s\n", indent, dash, k.name, cmp.Or(k.Example, k.Default))
		return
	}
	fmt.Fprintf(b, "%s%s%s:\n", indent, dash, k.name)
	writeKeys(b, k.below, strings.Repeat(" ", len(indent+dash)+2), k.list)
}

var introduction = scanner.Text{
	FR: `<!-- Composé par go generate ./cmd/agent/internal/sources. Ne pas corriger ici. -->

# La configuration de l'agent

[English](configuration.md)

Toutes les clés de ` + "`agent.yaml`" + `. Une clé inconnue est refusée. Les chemins relatifs partent du dossier du fichier. Les secrets sont toujours dans des
fichiers à part. [agent.example.yaml](agent.example.yaml) les montre toutes ; ` + "`carescan-agent init`" + ` écrit un fichier minimal, ` + "`carescan-agent doctor`" + ` en
vérifie un sans rien contacter.

* **Une date** est un jour entier, à l'heure de Paris : ` + "`until`" + ` comprend son jour, dans le fichier comme sur la ligne de commande. Elle s'écrit ` + "`2027-06-01`" + ` ou
  ` + "`01/06/2027`" + `, avec ou sans guillemets ; le moment d'un autre fuseau, ` + "`2027-06-01T18:00:00-04:00`" + `.
* **Une durée** a une unité : ` + "`30s`" + `, ` + "`10m`" + `, ` + "`12h`" + `, ` + "`7d`" + `.
* **Un texte** est gardé tel qu'il est écrit (` + "`04`" + `, ` + "`020000063`" + `), avec ou sans guillemets. Une clé sans valeur, ` + "`null`" + ` et une clé écrite deux fois sont refusés.
* **Nécessaire** veut dire : dès que la rubrique, ou l'élément de liste, est écrit.
`,
	EN: `<!-- Written by go generate ./cmd/agent/internal/sources. Do not edit. -->

# The configuration of the agent

[Français](configuration.fr.md)

Every key of ` + "`agent.yaml`" + `. An unknown key is refused. Relative paths start at the file's folder. Secrets always sit in files of their own.
[agent.example.yaml](agent.example.yaml) shows them all; ` + "`carescan-agent init`" + ` writes a minimal file, ` + "`carescan-agent doctor`" + ` checks one, contacting
nobody.

* **A date** is a whole day, Paris time: ` + "`until`" + ` includes its day, in the file as on the command line. It is written ` + "`2027-06-01`" + ` or ` + "`01/06/2027`" + ` (day first), with
  or without quotes; a moment of another zone, ` + "`2027-06-01T18:00:00-04:00`" + `.
* **A duration** has a unit: ` + "`30s`" + `, ` + "`10m`" + `, ` + "`12h`" + `, ` + "`7d`" + `.
* **A text** is kept as it is written (` + "`04`" + `, ` + "`020000063`" + `), with or without quotes. A key without a value, ` + "`null`" + ` and a key written twice are refused.
* **Needed** means: as soon as its section, or its item of a list, is written.
`,
}

var header = scanner.Text{
	FR: "| Clé | Sens | S'écrit | Par défaut | Nécessaire | Exemple |\n| --- | --- | --- | --- | --- | --- |\n",
	EN: "| Key | Meaning | Written as | Default | Needed | Example |\n| --- | --- | --- | --- | --- | --- |\n",
}

// page is the reference in one language.
func page(documented []config.Documented, l scanner.Lang) string {
	var b strings.Builder
	b.WriteString(scanner.Typeset(l, introduction.In(l)))
	for _, d := range documented {
		list := ""
		if isList(d) {
			list = scanner.Text{FR: " Une liste.", EN: " A list."}.In(l)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s%s%s\n\n%s", d.Name, scanner.Typeset(l, d.Is.In(l)), list, scanner.Typeset(l, modelSentence(d.Model).In(l)), header.In(l))
		writeRows(&b, keysOf(d), d.Name, l)
	}
	return b.String()
}

func writeRows(b *strings.Builder, keys []key, section string, l scanner.Lang) {
	for _, k := range keys {
		needed := ""
		if k.Needed {
			needed = scanner.Text{FR: "oui", EN: "yes"}.In(l)
		}
		meaning := scanner.Typeset(l, scanner.Text{FR: k.FR, EN: k.EN}.In(l))
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", cmp.Or(k.path, section), meaning, scanner.Typeset(l, k.kind.In(l)), code(k.Default), needed, code(cmp.Or(k.Example, k.Default)))
		writeRows(b, k.below, section, l)
	}
}

// code shows a value as written in YAML; a bar would end its cell.
func code(value string) string {
	if value == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(value, "|", `\|`) + "`"
}

// isList tells a section that holds a list.
func isList(d config.Documented) bool { return reflect.TypeOf(d.Value).Kind() == reflect.Slice }
