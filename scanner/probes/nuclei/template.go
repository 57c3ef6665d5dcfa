// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/settings"
)

// The bounds of the operator's folder: the public collection of nuclei holds
// some 13 000 files.
const (
	maxTemplate  = 64 << 10
	maxFiles     = 30_000
	maxTemplates = 5_000    // accepted ones
	maxBytes     = 16 << 20 // of accepted ones, which travel in one plan
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
	Severity string // that its author gives a match
	CVE      []string
	KEV      bool   // one of them, or any of the product, is known to be exploited
	Product  string // as the lists call it; may be empty
	Home     bool   // asks for the home page only
	Shared   string // names its only request, which templates of the same name share; may be empty
	Curation fact.Curation
	group    string // it asks for, in its metadata
	data     []byte
}

// Rejection is a template of the operator that will never run.
type Rejection struct {
	File   string // inside the folder
	Reason scanner.Text
	Kind   scanner.Text // the reason in general, to count by
	Detail string       // what a library or the system answered, in its own English words
}

// ownTemplates reads the templates shipped with the product; the folder is the
// group.
func ownTemplates() ([]Template, error) {
	var templates []Template
	for _, group := range fact.TemplateGroups() {
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

// folder is the operator's, while it is read.
type folder struct {
	files    fs.FS
	pins     pins
	taken    map[string]bool // identifiers
	bytes    int             // of the accepted ones
	accepted []Template
	rejected []Rejection
}

// readFolder reads the templates of the operator. Links are not followed: what
// runs is what lies in the folder.
func readFolder(name string, pinned pins, known []Template) (*folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, settings.Unreadable(err).Below("folder")
	}
	defer root.Close()
	f := &folder{files: root.FS(), pins: pinned, taken: map[string]bool{}}
	names, err := listFolder(f.files)
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		return nil, faults.Below("folder")
	}
	if err != nil {
		return nil, settings.Unreadable(err).Below("folder")
	}
	for _, t := range known {
		f.taken[t.ID] = true
	}
	for _, name := range names {
		f.take(name)
	}
	return f, nil
}

// take accepts or rejects one file.
func (f *folder) take(name string) {
	t, err := f.read(name)
	if err != nil {
		f.rejected = append(f.rejected, rejection(name, err))
		return
	}
	f.taken[t.ID] = true
	f.bytes += len(t.data)
	f.accepted = append(f.accepted, t)
}

func listFolder(folder fs.FS) (names []string, err error) {
	err = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || (path.Ext(name) != ".yaml" && path.Ext(name) != ".yml") {
			return err
		}
		if len(names) == maxFiles {
			return settings.InFile(0, fmt.Sprintf("le dossier tient plus de %d fichiers", maxFiles), fmt.Sprintf("the folder holds more than %d files", maxFiles))
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

func (f *folder) read(name string) (Template, error) {
	info, err := fs.Lstat(f.files, name)
	if err != nil {
		return Template{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxTemplate {
		return Template{}, refuse("fichier trop grand ou qui n'est pas un fichier ordinaire", "file too big, or not a regular file")
	}
	t, err := readTemplate(f.files, name, GroupOperator)
	if err != nil {
		return Template{}, err
	}
	t.Group = cmp.Or(t.group, GroupOperator)
	return t, f.admit(name, t)
}

// admit says why a readable template is left out all the same.
func (f *folder) admit(name string, t Template) error {
	switch {
	case f.taken[t.ID] || strings.HasPrefix(t.ID, "carescan-"):
		return refuse("identifiant « %s » déjà pris", "identifier %q is already taken", t.ID)
	case !f.pins.hold(name, t.Digest):
		return refuse("empreinte absente de la liste", "hash not in the list")
	case len(f.accepted) == maxTemplates || f.bytes+len(t.data) > maxBytes:
		return refuse("trop de gabarits", "too many templates")
	}
	return never(t.ID)
}

// refusal says why a template is refused, to people.
type refusal struct {
	text scanner.Text
	kind scanner.Text // the same without what belongs to one file
	over error        // what a library answered, if one did
}

func (r *refusal) Error() string {
	if r.over == nil {
		return r.text.EN
	}
	return r.text.EN + " (" + r.over.Error() + ")"
}

func refuse(fr, en string, args ...any) *refusal {
	return &refusal{
		text: scanner.Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)},
		kind: scanner.Text{FR: beginning(fr), EN: beginning(en)},
	}
}

// with adds what a library answered.
func (r *refusal) with(err error) *refusal {
	r.over = err
	return r
}

// beginning is a format without what follows its first value.
func beginning(format string) string {
	before, _, _ := strings.Cut(format, "%")
	return strings.TrimRight(before, " (:«")
}

// rejection is a file that an error keeps from running.
func rejection(name string, err error) Rejection {
	if r, ok := errors.AsType[*refusal](err); ok {
		rejected := Rejection{File: name, Reason: r.text, Kind: r.kind}
		if r.over != nil {
			rejected.Detail = r.over.Error()
		}
		return rejected
	}
	cause := scanner.CauseOf(err)
	if cause.Code == scanner.CauseUnknown {
		cause.Code = scanner.CauseFileMalformed
	}
	why := cause.Text()
	return Rejection{
		File:   name,
		Reason: settings.Say("fichier illisible : %s", "unreadable file: %s", why),
		Kind:   scanner.Text{FR: "fichier illisible", EN: "unreadable file"},
		Detail: err.Error(),
	}
}
