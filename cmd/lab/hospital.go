// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// play starts the hospital, writes the configuration of an agent that looks at
// it, and lasts until it is stopped.
func (l *lab) play(stop <-chan struct{}) error {
	// The configuration names its files by where they are, whoever reads it.
	folder, err := filepath.Abs(l.folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return notStarted(err)
	}
	hospital, err := scannertest.Start(scannertest.Options{Folder: folder})
	if err != nil {
		return notStarted(err)
	}
	defer hospital.Close()
	file := filepath.Join(folder, "agent.yaml")
	if err := writeConfiguration(file, hospital.Settings(), time.Now()); err != nil {
		return notStarted(err)
	}
	fmt.Fprintf(l.out, l.say(
		"Hôpital fictif prêt. Dans un autre terminal :\n\n  carescan-agent scan --config %s\n\nFautes connues : %s. Ctrl-C pour arrêter.\n",
		"Synthetic hospital ready. In another terminal:\n\n  carescan-agent scan --config %s\n\nKnown faults: %s. Ctrl-C to stop.\n",
	), file, filepath.Join(folder, "manifest.json"))
	<-stop
	return nil
}

func notStarted(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "l'hôpital fictif n'a pas pu démarrer", EN: "the synthetic hospital could not start"},
		Hint:     scanner.Text{FR: "choisissez un dossier où écrire avec --folder", EN: "choose a folder that can be written with --folder"},
		Cause:    cause,
	}
}
