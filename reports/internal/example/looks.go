// SPDX-License-Identifier: Apache-2.0

package example

import (
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const (
	leila = "p-3f9a1c77e2b04d18"
	marc  = "p-9be0172c5a6d43ff"
)

var (
	zone      = scanner.DomainTarget("chu.test")
	www       = scanner.ServiceTarget("www.chu.test", 443)
	site      = scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu.test"}
	directory = scanner.Target{Kind: scanner.KindDirectory, ID: "annuaire-principal"}
	dpi       = scanner.Target{Kind: scanner.KindApplication, ID: "dpi"}
	imaging   = scanner.Target{Kind: scanner.KindApplication, ID: "imagerie"}
	hospital  = scanner.Target{Kind: scanner.KindEstablishment, ID: "990000010"}
)

// look is an observation and the bytes behind it.
type look struct {
	scanner.Observation
	artifacts []scanner.Artifact
}

func see(probe string, t scanner.Target, v scanner.Vantage, f scanner.Fact, artifacts ...scanner.Artifact) look {
	// The facts below are plain data, which always encodes.
	o, _ := scanner.Saw(t, f)
	o.Probe, o.Vantage, o.At = probe, v, At.Add(time.Minute)
	for _, a := range artifacts {
		o.Artifacts = append(o.Artifacts, a.Ref)
	}
	return look{o.Identify(), artifacts}
}

func missed(probe, kind string, t scanner.Target, why error) look {
	causes := scanner.CausesOf(why)
	return look{Observation: scanner.Observation{
		Kind: kind, Target: t, Vantage: scanner.VantageInternet, At: At.Add(time.Minute),
		Probe: probe, Status: scanner.StatusSkipped, Causes: causes.Bare(), Error: causes.Detail(),
	}.Identify()}
}

func looks() map[string]look {
	return map[string]look{
		"dns": see("dns", zone, scanner.VantageInternet, dnsZone(),
			scanner.NewArtifact("réponses DNS", "application/dns", []byte("v=spf1 mx -all\nv=DMARC1; p=none; rua=mailto:dmarc@chu.test\n"))),
		"transfer": missed("dns", fact.Transfer{}.FactKind(), zone,
			&scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: "ns1.chu.test", Detail: "the name is not in the declared scope"}),
		"names": see("inventory", zone, scanner.VantageInternet, names()),
		"tls": see("tls", www, scanner.VantageInternet, endpoint(),
			scanner.NewArtifact("chaîne de certificats", "application/pem-certificate-chain", []byte("-----BEGIN CERTIFICATE-----\nMIIBexample\n-----END CERTIFICATE-----\n"))),
		"web": see("http", site, scanner.VantageInternet, web(),
			scanner.NewArtifact("en-têtes HTTP", "message/http", []byte("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n"))),
		"directory": see("directory", directory, scanner.VantageInside, fact.Directory{
			Enabled: 2140, Disabled: 312, Privileged: 12, PrivilegedEnforced: 10,
			Uncovered: []string{leila, marc}, Groups: []fact.GroupCount{{Group: "Admins du domaine", Members: 12}},
		}),
		"accounts": see("accounts", dpi, scanner.VantageDeclared, fact.Accounts{
			Application: "Dossier patient informatisé", Sensitive: true,
			Populations: []fact.Population{{Name: "physicians", Enabled: 240, Equipped: 190, Enforced: 150, UnknownEquipped: 31, UnknownEnforced: 42}},
		}, scanner.NewArtifact("export des comptes, en nombres", "text/csv", []byte("population;comptes\nphysicians;240\n"))),
		"dpi": see("hosting", dpi, scanner.VantageDeclared, fact.Hosting{
			Application: "Dossier patient informatisé", Mode: fact.HostedAsService, HealthData: true, Activities: []int{1, 2, 3, 4, 5, 6},
		}),
		"imaging": see("hosting", imaging, scanner.VantageDeclared, fact.Hosting{
			Application: "Imagerie", Mode: fact.HostedInternally, HealthData: true,
		}),
		"attestation": see("attestation", hospital, scanner.VantageDeclared, fact.Attestations{Items: []fact.Attestation{{
			Topic: "crisis-exercise", Date: time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC), Role: "RSSI", Reference: "CR-2026-12",
		}}}),
	}
}

func names() fact.Inventory {
	return fact.Inventory{Log: "sha256:00", Assets: []fact.Asset{
		{Name: "chu.test", Found: []string{fact.FoundDeclared}, Declared: true, InScope: true, Own: true, Answer: fact.Present},
		{Name: "mx.fournisseur.example", Found: []string{fact.FoundMX}},
		{Name: "recette.chu.test", Found: []string{fact.FoundLog, fact.FoundWord}, Own: true, Answer: fact.Present, Addresses: []string{"192.0.2.40"}},
	}}
}

func dnsZone() fact.Zone {
	return fact.Zone{
		Name:  "chu.test",
		TXT:   fact.RecordSet{Name: "chu.test", Type: "TXT", Answer: fact.Present, Values: []string{"v=spf1 mx -all"}},
		DMARC: []fact.RecordSet{{Name: "_dmarc.chu.test", Type: "TXT", Answer: fact.Present, Values: []string{"v=DMARC1; p=none; rua=mailto:dmarc@chu.test"}}},
	}
}

func endpoint() fact.TLS {
	return fact.TLS{
		Reach: fact.Answered, Address: "192.0.2.10:443", Name: "www.chu.test",
		Versions: map[string]fact.Offer{"1.0": fact.Accepted, "1.1": fact.Accepted, "1.2": fact.Accepted, "1.3": fact.Accepted},
		Trust:    fact.Trusted, Store: "system",
	}
}

func web() fact.Web {
	return fact.Web{
		Reach:       fact.Answered,
		Hops:        []fact.Hop{{URL: "https://www.chu.test/", Status: 200}},
		SecurityTxt: fact.SecurityTxt{Reach: fact.Answered, URL: "https://www.chu.test/.well-known/security.txt", Status: 404},
	}
}
