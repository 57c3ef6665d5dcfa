// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"encoding/json"
	"fmt"

	"carescan/scanner"
)

// Fault is one thing a scan of the hospital must find.
type Fault struct {
	Check       string         `json:"check"`
	Target      scanner.Target `json:"target"`
	Reason      string         `json:"reason"` // of the finding
	Description scanner.Text   `json:"description"`
}

// Manifest is what a scan of the hospital must find, and nothing else: every
// failing finding is in Faults, every inconclusive one in Unknowns.
type Manifest struct {
	Faults   []Fault `json:"faults"`
	Unknowns []Fault `json:"unknowns"`
}

// Manifest lists what is wrong with the hospital.
func (h *Hospital) Manifest() Manifest { return Manifest{faults(), unknowns()} }

// writeManifest leaves the list beside the other files.
func (h *Hospital) writeManifest() error {
	raw, err := json.MarshalIndent(h.Manifest(), "", "  ")
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	_, err = h.write("manifest.json", append(raw, '\n'))
	return err
}

func siteTarget(name string) scanner.Target {
	return scanner.Target{Kind: scanner.KindSite, ID: site{name: name}.origin()}
}

func serviceTarget(name string) scanner.Target {
	return scanner.ServiceTarget(site{name: name}.host(), 443)
}

func applicationTarget(id string) scanner.Target {
	return scanner.Target{Kind: scanner.KindApplication, ID: id}
}

func directoryTarget() scanner.Target {
	return scanner.Target{Kind: scanner.KindDirectory, ID: idDirectory}
}

func establishmentTarget() scanner.Target {
	return scanner.Target{Kind: scanner.KindEstablishment, ID: string(establishment().FINESS)}
}

// faults is the table of everything wrong.
func faults() []Fault {
	main, health := scanner.DomainTarget(domainMain), scanner.DomainTarget(domainHealth)
	return []Fault{
		{"exposure.dmarc-policy", main, "several", scanner.Text{
			FR: "Deux enregistrements DMARC coexistent : les destinataires n’en appliquent aucun.",
			EN: "Two DMARC records exist side by side: receivers apply neither.",
		}},
		{"exposure.spf-record", health, "absent", scanner.Text{
			FR: "Aucun enregistrement SPF ne dit qui peut écrire au nom du domaine.",
			EN: "No SPF record says who may send mail for the domain.",
		}},
		{"exposure.caa-record", health, "absent", scanner.Text{
			FR: "Aucun enregistrement CAA ne limite les autorités qui peuvent émettre des certificats.",
			EN: "No CAA record limits the authorities that may issue certificates.",
		}},
		{"exposure.dnssec-presence", health, "unsigned", scanner.Text{
			FR: "La zone n’est pas signée.",
			EN: "The zone is not signed.",
		}},
		{"exposure.zone-transfer", health, "delivered", scanner.Text{
			FR: "N’importe qui peut copier la zone, noms internes compris.",
			EN: "Anybody may copy the zone, internal names included.",
		}},
		{"exposure.https-redirect", siteTarget("portail"), "clear", scanner.Text{
			FR: "Le portail des patients, avec son formulaire de connexion, est servi en clair.",
			EN: "The patient portal, with its sign-in form, is served in clear.",
		}},
		{"exposure.hsts", siteTarget("portail"), "absent", scanner.Text{
			FR: "Le portail n’envoie pas l’en-tête HSTS.",
			EN: "The portal does not send the HSTS header.",
		}},
		{"exposure.security-txt", siteTarget("portail"), "absent", scanner.Text{
			FR: "Le portail ne dit pas où signaler une vulnérabilité.",
			EN: "The portal does not say where to report a vulnerability.",
		}},
		{"exposure.certificate-validity", serviceTarget("ancien"), "expired", scanner.Text{
			FR: "Le certificat de l’ancien site a expiré il y a dix jours.",
			EN: "The certificate of the former site expired ten days ago.",
		}},
		{"exposure.tls-version", serviceTarget("imagerie-ancienne"), "old-accepted", scanner.Text{
			FR: "L’ancienne console d’imagerie accepte encore TLS 1.0 et TLS 1.1.",
			EN: "The old imaging console still accepts TLS 1.0 and TLS 1.1.",
		}},
		{"exposure.admin-panel", siteTarget("admin"), "exposed", scanner.Text{
			FR: "La page de connexion de phpMyAdmin est joignable.",
			EN: "The sign-in page of phpMyAdmin can be reached.",
		}},
		{"exposure.health-application", siteTarget("pacs"), "exposed", scanner.Text{
			FR: "L’explorateur d’un serveur d’imagerie Orthanc est ouvert sans connexion.",
			EN: "The explorer of an Orthanc imaging server is open without signing in.",
		}},
		{"exposure.health-application", siteTarget("fhir"), "exposed", scanner.Text{
			FR: "Un serveur d’échange FHIR se présente à qui le demande.",
			EN: "A FHIR exchange server introduces itself to whoever asks.",
		}},
		{"mfa.admins-enforced", directoryTarget(), "not-enforced", scanner.Text{
			FR: "Trois des huit comptes privilégiés peuvent se connecter sans carte à puce.",
			EN: "Three of the eight privileged accounts may sign in without a smart card.",
		}},
		{"mfa.application-coverage", applicationTarget(idRecord), "equipped-short", scanner.Text{
			FR: "Des médecins et des infirmiers ouvrent le dossier patient avec un seul facteur.",
			EN: "Physicians and nurses open the patient record with a single factor.",
		}},
		{"hosting.activities-covered", applicationTarget(idBooking), "uncovered", scanner.Text{
			FR: "Aucun certificat ne couvre l’activité 5 de la prise de rendez-vous en ligne.",
			EN: "No certificate covers activity 5 of online booking.",
		}},
		{"governance.crisis-exercise", establishmentTarget(), "too-old", scanner.Text{
			FR: "Le dernier exercice de crise date de quatorze mois.",
			EN: "The last crisis exercise was held fourteen months ago.",
		}},
	}
}

// unknowns is the table of what cannot be concluded, by design.
func unknowns() []Fault {
	noNetwork := scanner.Text{
		FR: "L’adresse du service est locale : aucune donnée ne dit à quel réseau elle appartient.",
		EN: "The address of the service is local: no data say which network it belongs to.",
	}
	return []Fault{
		{"hosting.endpoints-consistent", applicationTarget(idBooking), "unknown-network", noNetwork},
		{"hosting.endpoints-consistent", applicationTarget(idRemote), "unknown-network", noNetwork},
	}
}
