// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxTemplate and maxTemplates bound what the operator's folder may hold.
const (
	maxTemplate  = 64 << 10
	maxTemplates = 200
)

//go:embed templates
var own embed.FS

// Template is one accepted template.
type Template struct {
	ID       string
	Name     string
	Title    scanner.Text // what it recognises, for people
	Group    string
	Digest   string // of the file, "sha256:…"
	Requests int    // it sends at most
	data     []byte
}

// Rejection is a template of the operator that will never run.
type Rejection struct {
	File   string // inside the folder
	Reason scanner.Text
}

// ownTemplates reads the templates shipped with the product; the folder is the
// group.
func ownTemplates() ([]Template, error) {
	var templates []Template
	for _, group := range []string{fact.GroupAdminPanel, fact.GroupHealthApp} {
		files, err := fs.Glob(own, path.Join("templates", group, "*.yaml"))
		if err != nil {
			return nil, fmt.Errorf("list templates of %s: %w", group, err)
		}
		for _, file := range files {
			t, err := readTemplate(own, file, group)
			if err != nil {
				return nil, fmt.Errorf("read template %s: %w", file, err)
			}
			templates = append(templates, t)
		}
	}
	return templates, nil
}

func readTemplate(files fs.FS, file, group string) (Template, error) {
	data, err := fs.ReadFile(files, file)
	if err != nil {
		return Template{}, err
	}
	t, err := ParseTemplate(data)
	t.Group = group
	return t, err
}

// readFolder reads the templates of the operator. Links are not followed: what
// runs is what lies in the folder.
func readFolder(folder string, known []Template) (accepted []Template, rejected []Rejection, err error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, fmt.Errorf("open template folder: %w", err)
	}
	defer root.Close()
	names, err := listFolder(root.FS())
	if err != nil {
		return nil, nil, fmt.Errorf("list template folder: %w", err)
	}
	for _, name := range names {
		t, err := readForeign(root.FS(), name, append(slices.Clone(known), accepted...))
		if err != nil {
			rejected = append(rejected, Rejection{name, reasonOf(err)})
			continue
		}
		accepted = append(accepted, t)
	}
	return accepted, rejected, nil
}

func listFolder(folder fs.FS) (names []string, err error) {
	err = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || (path.Ext(name) != ".yaml" && path.Ext(name) != ".yml") {
			return err
		}
		if len(names) == maxTemplates {
			return fmt.Errorf("more than %d files", maxTemplates)
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

func readForeign(folder fs.FS, name string, known []Template) (Template, error) {
	info, err := fs.Lstat(folder, name)
	if err != nil {
		return Template{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxTemplate {
		return Template{}, refuse("fichier trop grand ou qui n'est pas un fichier ordinaire", "file too big, or not a regular file")
	}
	t, err := readTemplate(folder, name, GroupOperator)
	if err != nil {
		return Template{}, err
	}
	if slices.ContainsFunc(known, func(k Template) bool { return k.ID == t.ID }) {
		return Template{}, refuse("identifiant « %s » déjà pris", "identifier %q is already taken", t.ID)
	}
	return t, nil
}

// refusal says why a template is refused, to people.
type refusal struct{ text scanner.Text }

func (r *refusal) Error() string { return r.text.EN }

func refuse(fr, en string, args ...any) error {
	return &refusal{scanner.Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)}}
}

func reasonOf(err error) scanner.Text {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.text
	}
	return scanner.Text{FR: "fichier illisible : " + err.Error(), EN: "unreadable file: " + err.Error()}
}
