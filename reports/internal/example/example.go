// SPDX-License-Identifier: Apache-2.0

// Package example is one synthetic run of a hospital that does not exist, for
// the tests of everything that seals or renders a run.
package example

import (
	"crypto/ed25519"
	"crypto/sha256"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"carescan/reports/bundle"
	"carescan/scanner"
)

// At is the moment of the run.
var At = time.Date(2026, 11, 22, 3, 2, 0, 0, time.UTC)

// Key is the key of the synthetic agent; it is public by nature.
func Key() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("carescan test agent"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// PackKey is the key of whoever assembles the synthetic evidence pack.
func PackKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("carescan test region"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Bundle is the run with its place in the chain.
func Bundle() bundle.Bundle {
	run := Run()
	return bundle.Bundle{
		Header: bundle.Header{
			ID: run.ID, Seq: 7, Previous: scanner.Digest([]byte("bundle 6")),
			AgentID: "01997d3c-4f00-7000-8000-0000000000a1", Software: run.Software,
			SealedAt: run.Ended.Add(2 * time.Second), FINESS: run.Establishment.FINESS,
		},
		Run: run,
	}
}

// Run is the synthetic run: every outcome, every severity, every state.
func Run() scanner.Run {
	seen := looks()
	run := scanner.Run{
		Schema: scanner.RunSchema,
		ID:     "019aa9b5-4f00-7000-8000-000000000001",
		Establishment: scanner.Establishment{
			FINESS: "990000010", LegalFINESS: "990000028",
			Name: "Centre hospitalier de l’Exemple", Region: "84",
		},
		Scope:   scope(),
		Vantage: scanner.VantageInternet,
		Profile: scanner.ProfileRef{
			ID: "etablissement", Version: "2026-11", Digest: scanner.Digest([]byte("profile")),
			Title:    scanner.Text{FR: "Socle d’un établissement de santé", EN: "Baseline of a health establishment"},
			Catalogs: catalogs(),
		},
		Software: "carescan-agent 0.1.0",
		Started:  At, Ended: At.Add(4*time.Minute + 12*time.Second),
		Status: scanner.RunPartial,
		Lists: []scanner.PublicList{
			{Name: "CISA KEV", Source: "https://www.cisa.gov/known-exploited-vulnerabilities-catalog", Date: At.AddDate(0, 0, -91), Holds: 1674, SHA256: strings.Repeat("0a", 32)},
			{Name: "endoflife", Source: "https://endoflife.date", Date: At.AddDate(0, 0, -9), Holds: 464, SHA256: strings.Repeat("0b", 32), Replaced: true},
		},
		Names: map[string]string{leila: "Leïla Exemple", marc: "Marc Exemple", "p-0000000000000000": "Personne Absente"},
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		s := seen[name]
		run.Observations = append(run.Observations, s.Observation)
		run.Artifacts = append(run.Artifacts, s.artifacts...)
	}
	run.Findings, run.Coverage = findings(seen)
	for _, c := range controls() {
		run.Controls = append(run.Controls, c.Fold(run.Findings))
	}
	return run
}

func scope() scanner.Scope {
	return scanner.Scope{
		Names:    []string{"chu.test", "*.chu.test"},
		Ranges:   []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		Excluded: []netip.Prefix{netip.MustParsePrefix("192.0.2.66/32")},
		Authorisation: scanner.Authorisation{
			By: "Directrice générale", Reference: "AUT-2026-031",
			From:  time.Date(2026, 10, 1, 0, 0, 0, 0, scanner.Zone).UTC(),
			Until: time.Date(2027, 4, 1, 0, 0, 0, 0, scanner.Zone).UTC(), // 31 March included
		},
	}
}

func catalogs() []scanner.CatalogRef {
	return []scanner.CatalogRef{
		{ID: "care-d1", Version: "2026-11", Title: scanner.Text{FR: "CaRE D1 — annuaires techniques et exposition sur internet", EN: "CaRE D1 — technical directories and internet exposure"}, Source: "Arrêté du 18 mars 2024 (D1)"},
		{ID: "has-numerique", Version: "2026-11", Title: scanner.Text{FR: "HAS — thèmes numériques de la certification", EN: "HAS — digital topics of the certification"}, Source: "Programme des experts-visiteurs numériques de la HAS"},
		{ID: "hds-v2", Version: "2", Title: scanner.Text{FR: "HDS v2 — hébergement de données de santé", EN: "HDS v2 — health data hosting"}, Source: "Code de la santé publique, article L.1111-8"},
	}
}
