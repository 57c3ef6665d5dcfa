// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/scannertest"
)

func (a *app) lab() *cobra.Command {
	var folder string
	command := &cobra.Command{
		Use: "lab", Args: cobra.NoArgs,
		Short: a.say("Joue un hôpital fictif sur cette machine, pour tout essayer", "Play a synthetic hospital on this machine, to try everything"),
		RunE: func(command *cobra.Command, _ []string) error {
			return a.playHospital(command.Context().Done(), folder)
		},
	}
	command.Flags().StringVar(&folder, "folder", "lab", a.say("dossier où écrire la configuration et les fichiers", "folder for the configuration and the files"))
	return command
}

func (a *app) playHospital(stop <-chan struct{}, folder string) error {
	// The configuration names its files by where they are, whoever reads it.
	folder, err := filepath.Abs(folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return labFailed(err)
	}
	hospital, err := scannertest.Start(scannertest.Options{Folder: folder})
	if err != nil {
		return labFailed(err)
	}
	defer hospital.Close()
	file := filepath.Join(folder, "agent.yaml")
	if err := writeLabConfig(file, hospital.Settings(), time.Now()); err != nil {
		return labFailed(err)
	}
	fmt.Fprintf(a.out, a.say(
		"Hôpital fictif prêt. Dans un autre terminal :\n\n  carescan-agent scan --config %s\n\nFautes connues : %s. Ctrl-C pour arrêter.\n",
		"Synthetic hospital ready. In another terminal:\n\n  carescan-agent scan --config %s\n\nKnown faults: %s. Ctrl-C to stop.\n",
	), file, filepath.Join(folder, "manifest.json"))
	<-stop
	return nil
}

func labFailed(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "l'hôpital fictif n'a pas pu démarrer", EN: "the synthetic hospital could not start"},
		Hint:     scanner.Text{FR: "choisissez un dossier où écrire avec --folder", EN: "choose a folder that can be written with --folder"},
		Cause:    cause,
	}
}

// labAuthorisation is how long a lab may be scanned.
const labAuthorisation = 30 * 24 * time.Hour

// writeLabConfig writes the configuration of an agent that looks at the lab
// from the internet vantage, everything on loopback.
func writeLabConfig(file string, s scannertest.Settings, now time.Time) error {
	raw, err := yaml.Marshal(labConfig(s, filepath.Dir(file), now))
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}

type section = map[string]any

func labConfig(s scannertest.Settings, folder string, now time.Time) section {
	var redirects, applications []section
	for from, to := range s.Redirects {
		redirects = append(redirects, section{"from": from, "to": to})
	}
	for _, app := range s.Applications {
		applications = append(applications, section{"id": app.ID, "name": app.Name, "file": app.File, "sensitive": app.Sensitive})
	}
	d := s.Directory
	return section{
		"state": filepath.Join(folder, "state"), "vantage": string(scanner.VantageInternet),
		"establishment": section{"finess": string(s.Establishment.FINESS), "legal_finess": string(s.Establishment.LegalFINESS), "name": s.Establishment.Name},
		"scope": section{"names": s.ScopeNames, "ranges": s.Ranges, "authorisation": section{
			"by": "Directrice générale (fictive)", "reference": "laboratoire",
			"from": now.Add(-time.Hour).UTC().Format(time.RFC3339), "until": now.Add(labAuthorisation).UTC().Format(time.RFC3339),
		}},
		"targets": section{"domains": s.Domains, "sites": s.Sites, "hosts": s.Hosts},
		"mail":    []section{{"domain": s.Domains[0], "selectors": s.Selectors}},
		"ports":   section{"tcp": s.Ports},
		// Every host of the lab shares one address: the pace is for one machine.
		"network": section{
			"resolvers": s.Resolvers, "redirects": redirects, "private_ca_files": []string{s.CAFile},
			"trust_anchors": s.TrustAnchor, "rdap": s.RDAP, "certificate_log": s.CertificateLog, "confirm_after": "1s",
			"rate_per_host": 200, "request_rate": 200, "concurrent_per_host": 16, "budget_per_host": 5000,
		},
		"templates": section{"rate": 50},
		"directories": []section{{
			"id": d.ID, "url": d.URL, "server_name": d.ServerName, "ca_file": d.CAFile,
			"bind_dn": d.BindDN, "password_file": d.PasswordFile, "base_dn": d.BaseDN,
		}},
		"applications": applications, "hosting_register": s.RegisterFile, "attestations": s.AttestationsFile,
	}
}
