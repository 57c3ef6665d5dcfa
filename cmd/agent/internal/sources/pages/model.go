// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// module begins the import path of every package.
const module = "carescan/"

// modelSentence leads from a section to the file that a person writes for it.
func modelSentence(m *settings.Model) scanner.Text {
	if m == nil {
		return scanner.Text{}
	}
	return scanner.Text{
		FR: fmt.Sprintf(" [Le format de ce fichier](%s) ; « carescan-agent init %s » en écrit un modèle.", modelPage(m.Name, scanner.French), m.Name),
		EN: fmt.Sprintf(" [The format of this file](%s); carescan-agent init %s writes a model of it.", modelPage(m.Name, scanner.English), m.Name),
	}
}

// modelPage is where the page of a model stands in docs.
func modelPage(name string, l scanner.Lang) string {
	if l == scanner.French {
		return "files/" + name + ".fr.md"
	}
	return "files/" + name + ".md"
}

var modelIntroduction = scanner.Text{
	FR: "<!-- Composé par go generate ./cmd/agent/internal/sources, à partir de %s. Ne pas corriger ici. -->\n\n",
	EN: "<!-- Written by go generate ./cmd/agent/internal/sources, from %s. Do not edit. -->\n\n",
}

// modelPages gives the page of each file that a person writes, by its name in docs:
// the prose that stands beside the model, the tables of the code, and what the agent
// itself says of a file it refuses.
func modelPages(root string, sections []config.Source) (map[string]string, error) {
	reader, err := newReader(sections)
	if err != nil {
		return nil, err
	}
	defer reader.close()
	pages := map[string]string{}
	for _, s := range sections {
		if s.Model == nil {
			continue
		}
		for _, l := range scanner.Langs() {
			prose := path.Join(strings.TrimPrefix(reflect.TypeOf(s.Fresh()).Elem().PkgPath(), module), "model."+string(l)+".md")
			page, err := composed(filepath.Join(root, filepath.FromSlash(prose)), *s.Model, reader, l)
			if err != nil {
				return nil, fmt.Errorf("compose %s: %w", prose, err)
			}
			pages[modelPage(s.Model.Name, l)] = fmt.Sprintf(modelIntroduction.In(l), prose) + page
		}
	}
	return pages, nil
}

// composed fills the prose of a model with what the code knows.
func composed(prose string, m settings.Model, r *reader, l scanner.Lang) (string, error) {
	raw, err := os.ReadFile(prose)
	if err != nil {
		return "", err
	}
	parsed, err := template.New(filepath.Base(prose)).Funcs(template.FuncMap{
		"keys":    func() string { return keyTable(m, l) },
		"words":   func(vocabulary string) (string, error) { return wordTable(m, vocabulary, l) },
		"limit":   func(name string) (string, error) { return limit(m, name, l) },
		"model":   func() string { return fenced(m, m.Content) },
		"refused": func(content string) (string, error) { return refusal(m, content, r, l) },
	}).Parse(scanner.Typeset(l, string(raw)))
	if err != nil {
		return "", err
	}
	var page strings.Builder
	err = parsed.Execute(&page, nil)
	return page.String(), err
}

// keyTable documents the keys or the columns.
func keyTable(m settings.Model, l scanner.Lang) string {
	head := header
	if m.Value == nil {
		head = scanner.Text{FR: strings.Replace(header.FR, "Clé", "Colonne", 1), EN: strings.Replace(header.EN, "Key", "Column", 1)}
	}
	var b strings.Builder
	b.WriteString(head.In(l))
	writeRows(&b, columnsOf(m), m.Name, l)
	return strings.TrimSpace(b.String())
}

// wordTable documents the words that a key or a column accepts.
func wordTable(m settings.Model, name string, l scanner.Lang) (string, error) {
	i := slices.IndexFunc(m.Vocabularies, func(v settings.Vocabulary) bool { return v.Name == name })
	if i < 0 {
		return "", fmt.Errorf("%s has no vocabulary called %q", m.Name, name)
	}
	rows := []string{scanner.Text{FR: "| S'écrit | Sens |", EN: "| Written as | Meaning |"}.In(l), "| --- | --- |"}
	for _, word := range m.Vocabularies[i].Words {
		var written []string
		for _, w := range word.Written {
			written = append(written, code(w))
		}
		rows = append(rows, fmt.Sprintf("| %s | %s |", strings.Join(written, ", "), scanner.Typeset(l, word.Means.In(l))))
	}
	return strings.Join(rows, "\n"), nil
}

// limit is the most that the code reads of something, its thousands apart.
func limit(m settings.Model, name string, l scanner.Lang) (string, error) {
	most, known := m.Limits[name]
	if !known {
		return "", fmt.Errorf("%s has no limit called %q", m.Name, name)
	}
	digits := strconv.Itoa(most)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + scanner.Text{FR: "\u00a0", EN: ","}.In(l) + digits[i:]
	}
	return digits, nil
}

// fenced shows a file as it is written.
func fenced(m settings.Model, content string) string {
	content = strings.TrimSpace(strings.TrimPrefix(content, "\ufeff"))
	return "```" + strings.TrimPrefix(path.Ext(m.File), ".") + "\n" + content + "\n```"
}

// refusal shows a file and what the agent says of it.
func refusal(m settings.Model, content string, r *reader, l scanner.Lang) (string, error) {
	faults, ok := errors.AsType[settings.Faults](r.read(m, content))
	if !ok {
		return "", fmt.Errorf("the agent accepts what the page says it refuses:\n%s", content)
	}
	said := []string{fenced(m, content), "", "```text"}
	for _, f := range faults {
		said = append(said, f.Sentence(l))
		if f.Hint != settings.InFile(0, "", "")[0].Hint { // what is said of every file
			said = append(said, "→ "+scanner.Typeset(l, f.Hint.In(l)))
		}
	}
	return strings.Join(append(said, "```"), "\n"), nil
}

// reader reads a file as doctor does, through the probes of a configuration that
// declares every model.
type reader struct {
	folder string
	files  map[string]scanner.File // by their name
}

func newReader(sections []config.Source) (*reader, error) {
	folder, err := os.MkdirTemp("", "carescan-models-")
	if err != nil {
		return nil, err
	}
	r := &reader{folder, map[string]scanner.File{}}
	var declared strings.Builder
	for _, s := range sections {
		if s.Model != nil {
			declared.WriteString(s.Model.Declared)
		}
	}
	probes, err := r.probes(declared.String(), sections)
	if err != nil {
		r.close()
		return nil, err
	}
	for _, p := range probes {
		for _, file := range p.Needs().Files {
			r.files[filepath.Base(file.Path)] = file
		}
	}
	return r, nil
}

func (r *reader) probes(declared string, sections []config.Source) ([]scanner.Probe, error) {
	file := filepath.Join(r.folder, "agent.yaml")
	if err := os.WriteFile(file, []byte(declared), 0o600); err != nil {
		return nil, err
	}
	c, err := config.Load(file, sections)
	if err != nil {
		return nil, err
	}
	if _, faults := c.Validate(); len(faults) > 0 {
		return nil, faults
	}
	probes, _, err := sources.Probes(sources.Shared{Config: c})
	if _, ok := errors.AsType[settings.Faults](err); ok {
		err = nil // another source cannot be made here, with no program to start
	}
	return probes, err
}

// read gives a content to the probe that reads this model.
func (r *reader) read(m settings.Model, content string) error {
	file, known := r.files[m.File]
	if !known {
		return fmt.Errorf("no probe reads %s: its model says %q", m.File, m.Declared)
	}
	if err := os.WriteFile(file.Path, []byte(content), 0o600); err != nil {
		return err
	}
	return file.Parse(context.Background())
}

func (r *reader) close() { _ = os.RemoveAll(r.folder) }
