// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carescan/checks"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/reports"
	"carescan/reports/bundle"
	"carescan/reports/render"
	"carescan/scanner"
)

// output is where and how a run is presented.
type output struct {
	names   []string // as typed
	folder  string
	formats []render.Format // once validated
}

func (a *app) outputFlags(command *cobra.Command, o *output) {
	var offered []string
	for _, f := range render.All() {
		offered = append(offered, f.ID+" ("+f.Title.In(a.lang.Lang)+")")
	}
	flags := command.Flags()
	flags.StringSliceVar(&o.names, "format", render.IDs()[:1], strings.Join(offered, ", "))
	flags.StringVar(&o.folder, "out", "", a.say("dossier où écrire les fichiers et le dossier scellé", "folder for the files and the sealed bundle"))
}

// validate finds the formats asked for.
func (o *output) validate() error {
	for _, name := range o.names {
		if err := oneOf(name, render.IDs(), scanner.Text{FR: "format", EN: "format"}); err != nil {
			return err
		}
		format, _ := render.ByID(name)
		o.formats = append(o.formats, format)
	}
	if o.folder == "" && len(o.formats) != 1 {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "un seul format peut s'afficher à la fois", EN: "only one format can be printed at a time"},
			Hint:     scanner.Text{FR: "ajoutez --out DOSSIER pour écrire plusieurs formats", EN: "add --out FOLDER to write several formats"},
		}
	}
	return nil
}

func document(run scanner.Run, sealed *reports.BundleRef, names map[string]string) reports.Document {
	papers := map[string]scanner.Papers{}
	for _, c := range checks.All() {
		papers[c.ID] = c.Papers
	}
	return reports.Document{Run: run, Bundle: sealed, Names: names, Now: time.Now(), Papers: papers}
}

// deliver presents a run that was just sealed.
func (a *app) deliver(d *desk, run scanner.Run, entry spool.Entry, o output) error {
	raw, err := readFile(entry.Path)
	if err != nil {
		return err
	}
	opened, err := bundle.Open(raw, bundle.Options{Key: d.identity.Key.Public()})
	if err != nil {
		return err
	}
	// What is presented is what was sealed, not what was in memory.
	doc := document(opened.Run, ref(opened), run.Names)
	if err := a.write(doc, raw, o); err != nil || o.folder == "" {
		return err
	}
	for _, format := range o.formats {
		if format.Pack == "" {
			continue
		}
		if err := a.writePack(d.identity.Key, format, doc, raw, o.folder); err != nil {
			return err
		}
	}
	return nil
}

// write presents a document; sealed bytes, when there are, are laid beside it.
func (a *app) write(doc reports.Document, sealed []byte, o output) error {
	if o.folder == "" {
		return o.formats[0].Write(a.out, doc, a.lang.Lang)
	}
	if err := os.MkdirAll(o.folder, 0o700); err != nil {
		return notWritten(err)
	}
	for _, format := range o.formats {
		if err := a.writeAs(format, doc, o.folder); err != nil {
			return err
		}
	}
	if sealed == nil || doc.Bundle == nil {
		return nil
	}
	return a.keep(filepath.Join(o.folder, doc.Bundle.ID+bundle.Extension), sealed)
}

// writeAs writes one format into a folder, unless it is at home on the terminal.
func (a *app) writeAs(format render.Format, doc reports.Document, folder string) error {
	name := format.File.In(a.lang.Lang)
	if name == "" {
		return format.Write(a.out, doc, a.lang.Lang)
	}
	var page bytes.Buffer
	if err := format.Write(&page, doc, a.lang.Lang); err != nil {
		return err
	}
	return a.keep(filepath.Join(folder, name), page.Bytes())
}

// keep writes a file that only its owner reads, and says where.
func (a *app) keep(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return notWritten(err)
	}
	if !a.quiet {
		fmt.Fprintln(a.err, path)
	}
	return nil
}

func notWritten(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le rapport n'a pas pu être écrit ; le dossier scellé est gardé", EN: "the report could not be written; the sealed bundle is kept"},
		Hint:     scanner.Text{FR: "choisissez un autre dossier avec --out, puis « carescan-agent report »", EN: "choose another folder with --out, then carescan-agent report"},
		Cause:    cause,
	}
}
