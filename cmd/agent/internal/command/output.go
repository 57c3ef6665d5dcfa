// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carescan/checks"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/reports"
	"carescan/reports/bundle"
	"carescan/reports/render/csv"
	"carescan/reports/render/dossier"
	"carescan/reports/render/html"
	"carescan/reports/render/json"
	"carescan/reports/render/table"
	"carescan/scanner"
)

// The formats a run is presented in.
const (
	formatTable   = "table"
	formatJSON    = "json"
	formatHTML    = "html"
	formatCSV     = "csv"
	formatDossier = "dossier"
)

// format is one way to present a run: how, and under which file name, if any.
type format struct {
	write func(io.Writer, reports.Document, scanner.Lang) error
	file  scanner.Text
}

func formats() map[string]format {
	return map[string]format{
		formatTable:   {table.Write, scanner.Text{}},
		formatJSON:    {json.Write, scanner.Text{FR: "rapport.json", EN: "report.json"}},
		formatHTML:    {html.Write, scanner.Text{FR: "rapport.html", EN: "report.html"}},
		formatCSV:     {csv.Write, scanner.Text{FR: "constats.csv", EN: "findings.csv"}},
		formatDossier: {dossier.Write, scanner.Text{FR: "dossier-has.html", EN: "has-dossier.html"}},
	}
}

// output is where and how a run is presented.
type output struct {
	formats []string
	folder  string
}

func (a *app) outputFlags(command *cobra.Command, o *output) {
	flags := command.Flags()
	flags.StringSliceVar(&o.formats, "format", []string{formatTable}, strings.Join(knownFormats(), ","))
	flags.StringVar(&o.folder, "out", "", a.say("dossier où écrire les fichiers et le dossier scellé", "folder for the files and the sealed bundle"))
}

func knownFormats() []string {
	return []string{formatTable, formatJSON, formatHTML, formatCSV, formatDossier}
}

func (o output) validate() error {
	for _, name := range o.formats {
		if err := oneOf(name, knownFormats(), scanner.Text{FR: "format", EN: "format"}); err != nil {
			return err
		}
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
	if err := a.write(doc, raw, o); err != nil {
		return err
	}
	if o.folder == "" || !slices.Contains(o.formats, formatDossier) {
		return nil
	}
	return a.writePack(d.identity.Key, doc, raw, o.folder)
}

// write presents a document; sealed bytes, when there are, are laid beside it.
func (a *app) write(doc reports.Document, sealed []byte, o output) error {
	if o.folder == "" {
		return formats()[o.formats[0]].write(a.out, doc, a.lang.Lang)
	}
	if err := os.MkdirAll(o.folder, 0o700); err != nil {
		return notWritten(err)
	}
	for _, name := range o.formats {
		if err := a.writeAs(name, doc, o.folder); err != nil {
			return err
		}
	}
	if sealed == nil || doc.Bundle == nil {
		return nil
	}
	return a.keep(filepath.Join(o.folder, doc.Bundle.ID+bundle.Extension), sealed)
}

// writeAs writes one format into a folder; a table is at home on the terminal.
func (a *app) writeAs(name string, doc reports.Document, folder string) error {
	f := formats()[name]
	if name == formatTable {
		return f.write(a.out, doc, a.lang.Lang)
	}
	var page bytes.Buffer
	if err := f.write(&page, doc, a.lang.Lang); err != nil {
		return err
	}
	return a.keep(filepath.Join(folder, f.file.In(a.lang.Lang)), page.Bytes())
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
