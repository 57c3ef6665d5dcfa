// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"encoding/json"
	"fmt"
	"slices"

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

func hostTarget() scanner.Target { return scanner.HostTarget(hostAccess) }

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
	return slices.Concat(domainFaults(), siteFaults(), hostFaults(), insideFaults())
}

// domainFaults are those of names and of mail.
func domainFaults() []Fault {
	main, health := scanner.DomainTarget(domainMain), scanner.DomainTarget(domainHealth)
	school, group := scanner.DomainTarget(domainSchool), scanner.DomainTarget(domainGroup)
	return []Fault{
		{"exposure.dmarc-policy", main, "several", scanner.Text{
			FR: "Deux enregistrements DMARC coexistent : les destinataires n’en appliquent aucun.",
			EN: "Two DMARC records exist side by side: receivers apply neither.",
		}},
		{"exposure.spf-includes", main, "missing", scanner.Text{
			FR: "Le SPF autorise encore un ancien prestataire d’infolettre, qui n’a plus de SPF.",
			EN: "The SPF record still includes a former newsletter provider, which has none any more.",
		}},
		{"exposure.spf-record", main, "broken-include", scanner.Text{
			FR: "À cause de cette inclusion, les destinataires ignorent tout l’enregistrement SPF.",
			EN: "Because of that include, receivers ignore the whole SPF record.",
		}},
		{"exposure.dangling-names", main, "lost", scanner.Text{
			FR: "Le nom de la campagne de vaccination mène à un site qui n’existe plus.",
			EN: "The name of the vaccination campaign leads to a site that is gone.",
		}},
		{"exposure.spf-record", health, "absent", scanner.Text{
			FR: "Aucun enregistrement SPF ne dit qui peut écrire au nom du domaine.",
			EN: "No SPF record says who may send mail for the domain.",
		}},
		{"exposure.dmarc-policy", health, "none", scanner.Text{
			FR: "La politique DMARC laisse passer les faux messages, sans même les compter.",
			EN: "The DMARC policy lets forged mail through, without even counting it.",
		}},
		{"exposure.dmarc-reports", health, "none", scanner.Text{
			FR: "Personne ne reçoit les rapports DMARC.",
			EN: "Nobody receives the DMARC reports.",
		}},
		{"exposure.mta-sts", health, "absent", scanner.Text{
			FR: "Rien n’oblige les expéditeurs à chiffrer le courrier.",
			EN: "Nothing makes senders encrypt the mail.",
		}},
		{"exposure.mail-starttls", health, "without", scanner.Text{
			FR: "Le serveur de messagerie ne sait pas chiffrer : le courrier arrive en clair.",
			EN: "The mail server cannot encrypt: mail arrives in clear.",
		}},
		{"exposure.clear-mail-login", health, "announced", scanner.Text{
			FR: "Le serveur de messagerie propose de se connecter en clair.",
			EN: "The mail server offers to sign in without encryption.",
		}},
		{"exposure.caa-record", health, "absent", scanner.Text{
			FR: "Aucun enregistrement CAA ne limite les autorités qui peuvent émettre des certificats.",
			EN: "No CAA record limits the authorities that may issue certificates.",
		}},
		{"exposure.dnssec-presence", health, "unsigned", scanner.Text{
			FR: "La zone n’est pas signée.",
			EN: "The zone is not signed.",
		}},
		{"exposure.zone-transfer", health, "delivered-inside", scanner.Text{
			FR: "N’importe qui peut copier la zone, noms internes compris.",
			EN: "Anybody may copy the zone, internal names included.",
		}},
		{"exposure.delegation", health, "missing", scanner.Text{
			FR: "Un troisième serveur de noms, arrêté depuis, est toujours désigné : son nom n’a plus d’adresse.",
			EN: "A third name server, stopped since, is still listed: its name has no address any more.",
		}},
		{"exposure.mx-targets", health, "missing", scanner.Text{
			FR: "Un second serveur de réception, arrêté depuis, est toujours désigné : son nom n’existe plus.",
			EN: "A second receiving server, stopped since, is still listed: its name does not exist any more.",
		}},
		{"exposure.name-server-spread", health, "one-address", scanner.Text{
			FR: "Les deux serveurs de noms sont à la même adresse.",
			EN: "Both name servers are at the same address.",
		}},
		{"exposure.private-addresses", health, "internal", scanner.Text{
			FR: "Un nom public montre une adresse du réseau interne.",
			EN: "A public name shows an address of the internal network.",
		}},
		{"exposure.registration-expiry", health, "soon", scanner.Text{
			FR: "Le nom de domaine arrive à échéance dans un mois.",
			EN: "The domain name ends in a month.",
		}},
		{"exposure.registration-lock", health, "unlocked", scanner.Text{
			FR: "Rien n’empêche de transférer le nom de domaine à un autre bureau d’enregistrement.",
			EN: "Nothing prevents moving the domain name to another registrar.",
		}},
		{"exposure.delegation", school, "lame", scanner.Text{
			FR: "Le second serveur de noms de l’école ne sert plus son domaine, et reste désigné.",
			EN: "The second name server of the school does not serve its domain any more, and is still listed.",
		}},
		{"exposure.mail-starttls", group, "without", scanner.Text{
			FR: "Le filtre de messagerie d’un prestataire déclaré ne sait pas chiffrer : le courrier du groupement arrive en clair.",
			EN: "The mail filter of a declared provider cannot encrypt: the mail of the group arrives in clear.",
		}},
		{"exposure.mta-sts", group, "absent", scanner.Text{
			FR: "Rien n’oblige les expéditeurs à chiffrer le courrier du groupement.",
			EN: "Nothing makes senders encrypt the mail of the group.",
		}},
	}
}

func siteFaults() []Fault {
	return []Fault{
		{"exposure.https-redirect", siteTarget("portail"), "clear-form", scanner.Text{
			FR: "Le portail des patients, avec son formulaire de connexion, est servi en clair.",
			EN: "The patient portal, with its sign-in form, is served in clear.",
		}},
		{"exposure.clear-login", siteTarget("portail"), "served", scanner.Text{
			FR: "Le mot de passe des patients peut être demandé par une page sans chiffrement.",
			EN: "The password of patients may be asked for by a page without encryption.",
		}},
		{"exposure.hsts", siteTarget("portail"), "absent", scanner.Text{
			FR: "Le portail n’envoie pas l’en-tête HSTS.",
			EN: "The portal does not send the HSTS header.",
		}},
		{"exposure.content-security-policy", siteTarget("portail"), "absent-with-login", scanner.Text{
			FR: "Aucune politique de contenu ne protège la page de connexion du portail.",
			EN: "No content policy protects the sign-in page of the portal.",
		}},
		{"exposure.content-typing", siteTarget("portail"), "missing", scanner.Text{
			FR: "Le portail laisse les navigateurs deviner le type de ses pages.",
			EN: "The portal lets browsers guess the type of its pages.",
		}},
		{"exposure.framing", siteTarget("portail"), "absent", scanner.Text{
			FR: "Un site étranger peut montrer le portail comme le sien.",
			EN: "A foreign site may show the portal as its own.",
		}},
		{"exposure.security-txt", siteTarget("portail"), "absent", scanner.Text{
			FR: "Le portail ne dit pas où signaler une vulnérabilité.",
			EN: "The portal does not say where to report a vulnerability.",
		}},
		{"exposure.certificate-validity", serviceTarget("ancien"), "expired", scanner.Text{
			FR: "Le certificat de l’ancien site a expiré il y a dix jours.",
			EN: "The certificate of the former site expired ten days ago.",
		}},
		{"exposure.hsts", siteTarget("ancien"), "ignored", scanner.Text{
			FR: "Avec ce certificat expiré, l’en-tête HSTS de l’ancien site ne sert plus à rien.",
			EN: "With that expired certificate, the HSTS header of the former site is of no use.",
		}},
		{"exposure.leaked-files", siteTarget("ancien"), "exposed", scanner.Text{
			FR: "Le dossier de code source Git de l’ancien site est lisible.",
			EN: "The Git source code folder of the former site can be read.",
		}},
		{"exposure.tls-version", serviceTarget("imagerie-ancienne"), "old-accepted", scanner.Text{
			FR: "L’ancienne console d’imagerie accepte encore TLS 1.0 et TLS 1.1.",
			EN: "The old imaging console still accepts TLS 1.0 and TLS 1.1.",
		}},
		{"exposure.tls-cipher-mode", serviceTarget("imagerie-ancienne"), "cbc-too", scanner.Text{
			FR: "L’ancienne console d’imagerie accepte des suites CBC.",
			EN: "The old imaging console accepts CBC suites.",
		}},
		{"exposure.tls-groups", serviceTarget("imagerie-ancienne"), "unsafe-prime", scanner.Text{
			FR: "L’ancienne console d’imagerie échange ses clés modulo un nombre premier qui n’est pas sûr.",
			EN: "The old imaging console exchanges its keys modulo a prime that is not safe.",
		}},
		{"exposure.directory-listing", siteTarget("imagerie-ancienne"), "exposed", scanner.Text{
			FR: "L’ancienne console d’imagerie montre le contenu d’un dossier.",
			EN: "The old imaging console shows the content of a folder.",
		}},
		{"exposure.security-txt", siteTarget("imagerie-ancienne"), "field-in-clear", scanner.Text{
			FR: "Le fichier security.txt de l’ancienne console mène à une page sans chiffrement.",
			EN: "The security.txt file of the old console leads to a page without encryption.",
		}},
		{"exposure.admin-panel", siteTarget("admin"), "exposed", scanner.Text{
			FR: "La page de connexion de phpMyAdmin est joignable.",
			EN: "The sign-in page of phpMyAdmin can be reached.",
		}},
		{"exposure.session-cookies", siteTarget("admin"), "unprotected", scanner.Text{
			FR: "Le cookie de session de phpMyAdmin peut être volé.",
			EN: "The session cookie of phpMyAdmin may be stolen.",
		}},
		{"exposure.product-support", siteTarget("admin"), "system-ended", scanner.Text{
			FR: "Le serveur annonce CentOS 7, qui ne reçoit plus de correctifs depuis 2024.",
			EN: "The server announces CentOS 7, which has had no corrections since 2024.",
		}},
		{"exposure.gateway-console", siteTarget("parefeu"), "exposed", scanner.Text{
			FR: "La page d’administration du pare-feu est joignable depuis internet.",
			EN: "The administration page of the firewall can be reached from the internet.",
		}},
		{"exposure.certificate-form", serviceTarget("resultats"), "malformed", scanner.Text{
			FR: "Le certificat du serveur de résultats a un numéro de série négatif : certains programmes le refusent.",
			EN: "The certificate of the results server has a negative serial number: some programs refuse it.",
		}},
		{"exposure.health-application", siteTarget("pacs"), "open", scanner.Text{
			FR: "L’explorateur d’un serveur d’imagerie Orthanc est ouvert sans connexion.",
			EN: "The explorer of an Orthanc imaging server is open without signing in.",
		}},
	}
}

func hostFaults() []Fault {
	return []Fault{
		{"exposure.remote-control", hostTarget(), "identified", scanner.Text{
			FR: "Un bureau à distance répond directement sur internet.",
			EN: "A remote desktop answers directly on the internet.",
		}},
		{"exposure.databases", hostTarget(), "no-login", scanner.Text{
			FR: "Une base Redis répond sans mot de passe.",
			EN: "A Redis database answers without a password.",
		}},
		{"exposure.health-protocols", hostTarget(), "accepted", scanner.Text{
			FR: "Un nœud d’imagerie DICOM accepte n’importe qui.",
			EN: "A DICOM imaging node accepts anybody.",
		}},
	}
}

// insideFaults are those of what the hospital says of itself.
func insideFaults() []Fault {
	return []Fault{
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
		{"hosting.certificate-in-force", applicationTarget(idRemote), "expired", scanner.Text{
			FR: "Le certificat HDS d’un infogérant de la télésurveillance a expiré, et suivait une version ancienne du référentiel.",
			EN: "The HDS certificate of a provider of the remote monitoring expired, and was on an old version of the requirements.",
		}},
		{"governance.crisis-exercise", establishmentTarget(), "too-old", scanner.Text{
			FR: "Le dernier exercice de crise date de quatorze mois.",
			EN: "The last crisis exercise was held fourteen months ago.",
		}},
	}
}

// unknowns is the table of what cannot be concluded, by design.
func unknowns() []Fault { return append(ownUnknowns(), providerUnknowns()...) }

// providerUnknowns are those of the domain that others serve.
func providerUnknowns() []Fault {
	group := scanner.DomainTarget(domainGroup)
	stranger := scanner.Text{
		FR: "Un serveur de noms du groupement est celui d’un prestataire que personne n’a déclaré : il n’est pas interrogé.",
		EN: "One name server of the group is that of a provider whom nobody declared: it is not asked.",
	}
	return []Fault{
		{"exposure.delegation", group, "stranger", stranger},
		{"exposure.open-recursion", group, "stranger", stranger},
		{"exposure.soa-timers", group, "stranger", stranger},
		{"exposure.zone-transfer", group, "not-asked", stranger},
		{"exposure.clear-mail-login", group, "as-client", scanner.Text{
			FR: "Un prestataire n’est rencontré qu’en simple client, qui n’essaie aucune connexion à son filtre de messagerie.",
			EN: "A provider is met as an ordinary client only, who tries no sign-in at its mail filter.",
		}},
		{"exposure.name-server-spread", group, "as-unknown", scanner.Text{
			FR: "Aucune donnée ne dit si les serveurs de noms des deux prestataires sont dans deux réseaux.",
			EN: "No data say whether the name servers of both providers are in two networks.",
		}},
	}
}

func ownUnknowns() []Fault {
	noNetwork := scanner.Text{
		FR: "L’adresse du service n’est à personne (RFC 5737) : aucune donnée ne dit à quel réseau elle appartient.",
		EN: "The address of the service is nobody’s (RFC 5737): no data say which network it belongs to.",
	}
	noFlawList := scanner.Text{
		FR: "La liste des vulnérabilités exploitées ne nomme pas ce produit.",
		EN: "The list of exploited vulnerabilities does not name this product.",
	}
	noVersions := scanner.Text{
		FR: "La liste des vulnérabilités exploitées nomme ce qui est installé, sans dire quelles versions sont touchées.",
		EN: "The list of exploited vulnerabilities names what is installed, without the versions affected.",
	}
	noOperator := scanner.Text{
		FR: "Les deux serveurs de noms sont sur cette machine : aucune donnée ne dit s’ils ont deux opérateurs.",
		EN: "Both name servers are on this machine: no data say whether they have two operators.",
	}
	return []Fault{
		{"exposure.product-flaws", siteTarget("admin"), "versions-not-stated", noVersions},
		{"exposure.product-flaws", siteTarget("pacs"), "not-tracked", noFlawList},
		{"exposure.product-flaws", hostTarget(), "versions-not-stated", noVersions},
		{"governance.successive-audits", establishmentTarget(), "no-run", scanner.Text{
			FR: "L’hôpital n’a encore jamais été examiné : deux passages espacés de 45 à 60 jours sont demandés.",
			EN: "The hospital was never looked at before: two runs 45 to 60 days apart are asked for.",
		}},
		{"exposure.health-application", siteTarget("fhir"), "needs-review", scanner.Text{
			FR: "Un serveur d’échange FHIR se présente à qui le demande, comme le veut la norme : une personne doit vérifier que rien d’autre n’est ouvert.",
			EN: "A FHIR exchange server introduces itself to whoever asks, as the standard wants: a person has to verify that nothing else is open.",
		}},
		{"hosting.endpoints-consistent", applicationTarget(idBooking), "unknown-network", noNetwork},
		{"hosting.endpoints-consistent", applicationTarget(idRemote), "unknown-network", noNetwork},
		{"exposure.name-server-spread", scanner.DomainTarget(domainMain), "as-unknown", noOperator},
		{"exposure.name-server-spread", scanner.DomainTarget(domainSchool), "as-unknown", noOperator},
		{"exposure.product-support", siteTarget("pacs"), "not-listed", scanner.Text{
			FR: "Aucune liste publique ne dit jusqu’à quand Orthanc est corrigé.",
			EN: "No public list says until when Orthanc is corrected.",
		}},
		{"exposure.tls-early-data", serviceTarget("resultats"), "malformed-certificate", scanner.Text{
			FR: "Le certificat hors norme du serveur de résultats empêche la connexion complète qui montrerait s’il accepte des données anticipées.",
			EN: "The malformed certificate of the results server prevents the whole connection that would show whether it accepts early data.",
		}},
		{"exposure.tls-early-data", serviceTarget("teleconsultation"), "short-hellos", scanner.Text{
			FR: "Une connexion complète en TLS 1.3 commence par plus de 255 octets, que l’équipement placé devant la téléconsultation rejette : tout le reste est jugé.",
			EN: "A whole connection of TLS 1.3 begins with more than 255 bytes, which the box in front of the remote consultation resets: all the rest is judged.",
		}},
		{"exposure.product-support", hostTarget(), "not-listed", scanner.Text{
			FR: "Redis ne dit pas sa version : on ne sait pas s’il est encore corrigé.",
			EN: "Redis does not tell its version: whether it is still corrected is not known.",
		}},
	}
}
