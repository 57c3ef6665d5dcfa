// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/probes/accounts"
	"carescan/scanner/probes/attestation"
	"carescan/scanner/probes/directory"
	"carescan/scanner/probes/history"
	"carescan/scanner/probes/hosting"
	"carescan/scanner/probes/hosting/geo"
	"carescan/scanner/settings"
)

// Probes are the ways of looking this configuration has.
func (r Runner) Probes() ([]scanner.Probe, error) {
	c := r.Config
	places, err := geo.Open()
	if err != nil {
		return nil, badProbe(err)
	}
	exposure, err := r.exposureProbes(places)
	if err != nil {
		return nil, badProbe(err)
	}
	return append(exposure,
		directory.New(directoriesOf(c), r.Pseudonyms),
		accounts.New(applicationsOf(c), r.Pseudonyms),
		hosting.New(hosting.Config{File: c.HostingRegister, Resolve: true}, places),
		attestation.New(attestation.Config{File: c.Attestations, Establishment: establishmentOf(c).Target()}),
		history.New(r.Past.Recall),
	), nil
}

func badProbe(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "une sonde n'a pas pu être préparée", EN: "a probe could not be prepared"},
		Hint:     scanner.Text{FR: "corrigez le fichier nommé ci-dessus", EN: "correct the file named above"},
		Cause:    cause,
	}
}

func directoriesOf(c config.Config) []directory.Config {
	var list []directory.Config
	for _, d := range c.Directories {
		list = append(list, directory.Config{
			ID: d.ID, URL: d.URL, ServerName: d.ServerName, CAFile: d.CAFile,
			BindDN: d.BindDN, PasswordFile: d.PasswordFile, BaseDN: d.BaseDN,
		})
	}
	return list
}

func applicationsOf(c config.Config) []accounts.Config {
	var list []accounts.Config
	for _, a := range c.Applications {
		asOf, columns := "", map[string]string{}
		if !a.AsOf.IsZero() {
			asOf = a.AsOf.Start().In(settings.Zone).Format(time.DateOnly)
		}
		for _, m := range a.Columns {
			columns[m.Is] = m.Word
		}
		list = append(list, accounts.Config{
			ID: a.ID, Name: a.Name, File: a.File, Sensitive: a.Sensitive, AsOf: asOf,
			Columns: columns, Populations: meanings(a.Populations), Factors: meanings(a.Factors),
		})
	}
	return list
}

func meanings(list []config.Meaning) map[string]string {
	words := map[string]string{}
	for _, m := range list {
		words[m.Word] = m.Is
	}
	return words
}
