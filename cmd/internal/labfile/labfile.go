// SPDX-License-Identifier: Apache-2.0

// Package labfile says how an agent is configured to look at the lab hospital.
package labfile

import (
	"time"

	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// Section is a part of a configuration file, as YAML has it.
type Section = map[string]any

// authorised is how long the lab may be scanned.
const authorised = 30 * 24 * time.Hour

// Configuration is that of an agent that looks at a lab from the internet vantage,
// everything on loopback.
func Configuration(s scannertest.Settings, now time.Time) Section {
	var redirects, applications []Section
	for from, to := range s.Redirects {
		redirects = append(redirects, Section{"from": from, "to": to})
	}
	for _, app := range s.Applications {
		applications = append(applications, Section{"id": app.ID, "name": app.Name, "file": app.File, "sensitive": app.Sensitive})
	}
	d := s.Directory
	return Section{
		"vantage":       string(scanner.VantageInternet),
		"establishment": Section{"finess": string(s.Establishment.FINESS), "legal_finess": string(s.Establishment.LegalFINESS), "name": s.Establishment.Name},
		"scope": Section{"names": s.ScopeNames, "ranges": s.Ranges, "providers": s.Providers, "authorisation": Section{
			"by": "Directrice générale (fictive)", "reference": "laboratoire",
			"from": now.Add(-time.Hour).UTC().Format(time.RFC3339), "until": now.Add(authorised).UTC().Format(time.RFC3339),
		}},
		"targets": Section{"domains": s.Domains, "sites": s.Sites, "services": s.Services, "hosts": s.Hosts},
		"mail":    []Section{{"domain": s.Domains[0], "selectors": s.Selectors}},
		"ports":   Section{"tcp": s.Ports},
		// Every host of the lab shares one address: the pace is for one machine.
		"network": Section{
			"resolvers": s.Resolvers, "redirects": redirects, "private_ca_files": []string{s.CAFile},
			"trust_anchors": s.TrustAnchor, "rdap": s.RDAP, "certificate_log": s.CertificateLog, "confirm_after": "1s",
			"request_rate": 400, "concurrent_per_host": 16, "budget_per_host": 5000,
		},
		"directories": []Section{{
			"id": d.ID, "url": d.URL, "server_name": d.ServerName, "ca_file": d.CAFile,
			"bind_dn": d.BindDN, "password_file": d.PasswordFile, "base_dn": d.BaseDN,
		}},
		"applications": applications, "hosting_register": s.RegisterFile, "attestations": s.AttestationsFile,
	}
}
