// SPDX-License-Identifier: Apache-2.0

package main

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// folder is what the templates are filled with.
type folder struct {
	ID, Family, Package string
	Kind, FactType      string
}

var validID = regexp.MustCompile(`^[a-z]+\.[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// create writes the folder of a new check under a module root, and returns it.
func create(root, id, kind string) (dir string, err error) {
	if !validID.MatchString(id) {
		return "", fmt.Errorf("id %q must be family.subject, in lower case with hyphens", id)
	}
	factType, err := factType(root, kind)
	if err != nil {
		return "", err
	}
	family, subject, _ := strings.Cut(id, ".")
	f := folder{ID: id, Family: family, Package: strings.ReplaceAll(subject, "-", ""), Kind: kind, FactType: factType}
	dir = filepath.Join(root, "checks", f.Family, f.Package)
	if _, err := os.Stat(dir); err == nil {
		return "", fmt.Errorf("folder %s exists already", dir)
	}
	return dir, f.write(dir)
}

func (f folder) write(dir string) error {
	parsed, err := template.ParseFS(templates, "templates/*")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "testdata"), 0o755); err != nil {
		return err
	}
	for name, file := range map[string]string{
		"check.go.tmpl": "check.go", "fr.md.tmpl": "fr.md", "en.md.tmpl": "en.md",
		"case.txtar.tmpl": filepath.Join("testdata", "not_seen.txtar"),
	} {
		if err := f.fill(parsed.Lookup(name), filepath.Join(dir, file)); err != nil {
			return err
		}
	}
	return nil
}

func (f folder) fill(t *template.Template, file string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := t.Execute(out, f); err != nil {
		out.Close()
		return fmt.Errorf("write %s: %w", file, err)
	}
	return out.Close()
}
