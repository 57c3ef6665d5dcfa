// SPDX-License-Identifier: Apache-2.0

package example

import (
	"maps"
	"slices"

	"carescan/scanner"
)

// row is one finding of the run, in short.
type row struct {
	check    string
	target   scanner.Target
	outcome  scanner.Outcome
	severity scanner.Severity
	reason   string
	look     string // empty when nothing could be observed
	words
}

// words are what the page of a check says of a finding.
type words struct {
	title, message, fix scanner.Text
	headline            scanner.Text // of a failure
}

func findings(seen map[string]look) (list []scanner.Finding, coverage []scanner.Coverage) {
	for _, r := range rows() {
		f := scanner.Finding{
			Fingerprint: scanner.Fingerprint(r.check, r.target.Key()),
			Check:       r.check, Revision: 1, Target: r.target, Outcome: r.outcome, Severity: r.severity,
			Reason: r.reason, Title: r.title, Headline: r.headline, Message: r.message, Fix: r.fix, Observations: []string{},
		}
		if r.reason == "no-source" {
			f.Values = scanner.Values{"fact": "attestations"}
		}
		c := scanner.Coverage{Check: r.check, Target: r.target, Status: scanner.StatusSkipped, Reason: "no source is declared"}
		c.Causes = scanner.Causes{{Code: scanner.CauseNoSource}}
		if o, ok := seen[r.look]; ok {
			f.Observations = []string{o.ID}
			c.Status, c.Causes, c.Reason = o.Status, o.Causes, o.Error
		}
		list, coverage = append(list, f), append(coverage, c)
	}
	return list, coverage
}

func rows() []row {
	return []row{
		{"exposure.dmarc-policy", zone, scanner.Fail, scanner.High, "policy-none", "dns", dmarc},
		{"exposure.security-txt", site, scanner.Fail, scanner.Low, "absent", "web", securityTxt},
		{"exposure.spf-record", zone, scanner.Pass, scanner.High, "strict", "dns", spf},
		{"exposure.tls-version", www, scanner.Fail, scanner.Medium, "old-version", "tls", tlsVersion},
		{"exposure.certificate-validity", www, scanner.Pass, scanner.High, "valid", "tls", certificate},
		{"exposure.zone-transfer", zone, scanner.Inconclusive, scanner.High, "not-observed", "transfer", transfer},
		{"governance.crisis-exercise", hospital, scanner.Pass, scanner.Medium, "recent", "attestation", crisis},
		{"governance.pssi-approval", hospital, scanner.Inconclusive, scanner.Medium, "no-source", "", pssi},
		{"hosting.certificate-in-force", dpi, scanner.Pass, scanner.High, "in-force", "dpi", hosted},
		{"hosting.certificate-in-force", imaging, scanner.NotApplicable, scanner.High, "own-care", "imaging", hostedInside},
		{"mfa.admins-enforced", directory, scanner.Fail, scanner.Critical, "some-uncovered", "directory", admins},
		{"mfa.application-coverage", dpi, scanner.Inconclusive, scanner.High, "unknown-factors", "accounts", coverage},
	}
}

// Checks lists the checks of the run.
func Checks() []string {
	ids := map[string]bool{}
	for _, r := range rows() {
		ids[r.check] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

func controls() []scanner.Control {
	return []scanner.Control{
		control("has-numerique", "risque-numerique", "V", "HAS, experts-visiteurs numériques (maîtrise du risque numérique)",
			scanner.Text{FR: "Le risque numérique est gouverné — politique de sécurité approuvée", EN: "Digital risk is governed — approved security policy"}, "governance.pssi-approval"),
		control("has-numerique", "crise", "V2", "Instruction DNS/2025/12, action 1 ; HAS (plans de continuité)",
			scanner.Text{FR: "L’établissement s’exerce chaque année à une crise numérique", EN: "The establishment rehearses a digital crisis every year"}, "governance.crisis-exercise"),
		control("has-numerique", "acces", "K", "PGSSI-S ; HAS (thème cité, détail à confirmer)",
			scanner.Text{FR: "Les accès aux données de santé sont individuels et protégés par deux facteurs", EN: "Access to health data is personal and protected by two factors"}, "mfa.admins-enforced", "mfa.application-coverage"),
		control("has-numerique", "messagerie-identite", "V", "HAS, experts-visiteurs numériques",
			scanner.Text{FR: "Messagerie sécurisée de santé, identitovigilance et Mon espace santé", EN: "Secure health mail, patient identification and Mon espace santé"}),
		control("care-d1", "D1.O2.B", "V", "FAQ CaRE, réponse du 15 janvier 2025",
			scanner.Text{FR: "Deux audits d’exposition successifs au niveau requis, espacés de 45 à 60 jours", EN: "Two successive exposure audits at the required level, 45 to 60 days apart"}),
		control("care-d1", "exposition", "V", "Arrêté du 18 mars 2024",
			scanner.Text{FR: "Les services exposés sont connus et durcis", EN: "Exposed services are known and hardened"},
			"exposure.dmarc-policy", "exposure.spf-record", "exposure.tls-version", "exposure.certificate-validity", "exposure.zone-transfer", "exposure.security-txt"),
		control("care-d1", "niveau", "?", "annexe de l’arrêté D1, non consultée",
			scanner.Text{FR: "Niveau d’exposition exigé par la campagne (réglage vide)", EN: "Exposure level asked by the campaign (empty setting)"}),
		control("hds-v2", "certificat", "V", "CSP L.1111-8",
			scanner.Text{FR: "Les données de santé sont chez un hébergeur certifié", EN: "Health data sit with a certified host"}, "hosting.certificate-in-force"),
	}
}

func control(catalog, id string, mark scanner.Confidence, source string, title scanner.Text, checks ...string) scanner.Control {
	return scanner.Control{
		Catalog: catalog, ID: id, Title: title, Source: source,
		Confidence: mark, Verified: "2026-11-22", Checks: checks,
	}
}
