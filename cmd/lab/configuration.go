// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// authorised is how long the lab may be scanned.
const authorised = 30 * 24 * time.Hour

// writeConfiguration writes the configuration of an agent that looks at the lab
// from the internet vantage, everything on loopback.
func writeConfiguration(file string, s scannertest.Settings, now time.Time) error {
	raw, err := yaml.Marshal(configuration(s, filepath.Dir(file), now))
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}

type section = map[string]any

func configuration(s scannertest.Settings, folder string, now time.Time) section {
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
			"from": now.Add(-time.Hour).UTC().Format(time.RFC3339), "until": now.Add(authorised).UTC().Format(time.RFC3339),
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
		"directories": []section{{
			"id": d.ID, "url": d.URL, "server_name": d.ServerName, "ca_file": d.CAFile,
			"bind_dn": d.BindDN, "password_file": d.PasswordFile, "base_dn": d.BaseDN,
		}},
		"applications": applications, "hosting_register": s.RegisterFile, "attestations": s.AttestationsFile,
	}
}
