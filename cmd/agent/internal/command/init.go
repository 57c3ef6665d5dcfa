// SPDX-License-Identifier: Apache-2.0

package command

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// agentFile is the usual name of a configuration.
const agentFile = "agent.yaml"

// beginning writes the files that a person begins with.
func (a *app) beginning() *cobra.Command {
	var folder string
	modelled, names := modelledSections(), []string{}
	for _, s := range modelled {
		names = append(names, s.Model.Name)
	}
	command := &cobra.Command{
		Use: "init [" + strings.Join(names, "|") + "]", Args: cobra.MaximumNArgs(1), ValidArgs: names,
		Short: a.say("Écrit un agent.yaml minimal, ou le modèle d'un fichier à remplir", "Write a minimal agent.yaml, or the model of a file to fill in"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.writeMinimal(folder)
			}
			if err := oneOf(args[0], names, scanner.Text{FR: "modèle", EN: "model"}); err != nil {
				return err
			}
			for _, s := range modelled {
				if s.Model.Name == args[0] {
					return a.writeModel(*s.Model, folder)
				}
			}
			return nil
		},
	}
	command.Long = command.Short + ".\n\n" + a.modelList(modelled)
	command.Flags().StringVar(&folder, "out", "", a.say("dossier où écrire (celui de --config par défaut)", "folder to write into (default that of --config)"))
	return command
}

// modelledSections are those for which a person writes a file.
func modelledSections() []config.Source {
	var modelled []config.Source
	for _, s := range sources.Sections() {
		if s.Model != nil {
			modelled = append(modelled, s)
		}
	}
	return modelled
}

func (a *app) modelList(modelled []config.Source) string {
	var list strings.Builder
	w := tabwriter.NewWriter(&list, 0, 0, 2, ' ', 0)
	for _, s := range modelled {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", s.Model.Name, s.Model.File, s.Is.In(a.lang.Lang))
	}
	_ = w.Flush() // into memory
	return list.String()
}

func (a *app) writeMinimal(folder string) error {
	file, err := a.begin(folder, filepath.Base(cmp.Or(a.configFile, agentFile)), config.Minimal)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, a.say(
		"%s est écrit. Remplissez-le, puis :\n\n  carescan-agent doctor --config %s\n",
		"%s is written. Fill it in, then:\n\n  carescan-agent doctor --config %s\n",
	), file, file)
	return err
}

func (a *app) writeModel(m settings.Model, folder string) error {
	file, err := a.begin(folder, m.File, m.Content)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, a.say(
		"%s est écrit, avec des données inventées. Remplacez-les, puis nommez ce fichier dans agent.yaml :\n\n%s\n%s\n",
		"%s is written, with invented data. Replace them, then name this file in agent.yaml:\n\n%s\n%s\n",
	), file, m.Declared, explained(m).In(a.lang.Lang))
	return err
}

// explained leads to the page of a model.
func explained(m settings.Model) scanner.Text {
	return scanner.Text{
		FR: "docs/files/" + m.Name + ".fr.md explique ce fichier",
		EN: "docs/files/" + m.Name + ".md explains this file",
	}
}

// begin writes a file that only its owner reads, where there is none yet, and
// returns where.
func (a *app) begin(folder, name, content string) (string, error) {
	folder = cmp.Or(folder, filepath.Dir(cmp.Or(a.configFile, agentFile)))
	file := filepath.Join(folder, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", notBegun(file, err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", notBegun(file, err)
	}
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", notBegun(file, err)
	}
	return file, nil
}

func notBegun(file string, cause error) error {
	if errors.Is(cause, fs.ErrExist) {
		return &cli.Problem{
			Sentence: scanner.Text{FR: file + " existe déjà : rien n'est écrit", EN: file + " exists already: nothing is written"},
			Hint: scanner.Text{
				FR: "gardez ce fichier, déplacez-le, ou choisissez un autre dossier avec --out",
				EN: "keep this file, move it, or choose another folder with --out",
			},
		}
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: file + " n'a pas pu être écrit", EN: file + " could not be written"},
		Hint:     scanner.Text{FR: "choisissez avec --out un dossier où vous pouvez écrire", EN: "choose with --out a folder where you may write"},
		Cause:    cause,
	}
}

// withModel adds to a hint about a declared file the command that writes a model of
// it, where there is one.
func withModel(hint scanner.Text, key string) scanner.Text {
	for _, s := range modelledSections() {
		if rest, ok := strings.CutPrefix(key, s.Name); ok && (rest == "" || strings.HasPrefix(rest, "[")) {
			page := explained(*s.Model)
			hint.FR += " (" + page.FR + ", « carescan-agent init " + s.Model.Name + " » en écrit un modèle)"
			hint.EN += " (" + page.EN + ", carescan-agent init " + s.Model.Name + " writes a model of it)"
		}
	}
	return hint
}
