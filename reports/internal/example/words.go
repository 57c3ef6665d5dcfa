// SPDX-License-Identifier: Apache-2.0

package example

import "carescan/scanner"

var dmarc = words{
	scanner.Text{FR: "Une politique DMARC rejette les faux courriels du domaine", EN: "A DMARC policy rejects forged mail of the domain"},
	scanner.Text{FR: "La politique DMARC de chu.test est « none » : un faux courriel est remis comme un vrai.", EN: `The DMARC policy of chu.test is "none": forged mail is delivered like real mail.`},
	scanner.Text{FR: "Publier d’abord la politique `p=quarantine`, puis `p=reject` :\n\n1. lire les rapports reçus pendant un mois ;\n2. corriger les expéditeurs légitimes non alignés ;\n3. passer à `p=reject`.", EN: "Publish the policy `p=quarantine` first, then `p=reject`:\n\n1. read the reports of one month;\n2. correct the legitimate senders that are not aligned;\n3. move to `p=reject`."},
	scanner.Text{FR: "Chacun peut écrire au nom du domaine", EN: "Anybody can write in the name of the domain"},
}

var securityTxt = words{
	scanner.Text{FR: "Un contact de sécurité est publié (security.txt)", EN: "A security contact is published (security.txt)"},
	scanner.Text{FR: "Le fichier /.well-known/security.txt est absent (réponse 404).", EN: "The file /.well-known/security.txt is absent (answer 404)."},
	scanner.Text{FR: "Publier le fichier décrit par la RFC 9116, avec un contact et une date d’expiration.", EN: "Publish the file that RFC 9116 describes, with a contact and an expiry date."},
	scanner.Text{},
}

var spf = words{
	scanner.Text{FR: "Un enregistrement SPF limite qui écrit au nom du domaine", EN: "An SPF record limits who writes in the name of the domain"},
	scanner.Text{FR: "L’enregistrement SPF de chu.test se termine par « -all ».", EN: `The SPF record of chu.test ends with "-all".`},
	scanner.Text{FR: "Publier un enregistrement SPF unique, terminé par `-all`.", EN: "Publish one single SPF record, ended by `-all`."},
	scanner.Text{},
}

var tlsVersion = words{
	scanner.Text{FR: "Seules les versions TLS 1.2 et 1.3 sont acceptées", EN: "Only TLS 1.2 and 1.3 are accepted"},
	scanner.Text{FR: "www.chu.test:443 accepte encore TLS 1.0 et TLS 1.1.", EN: "www.chu.test:443 still accepts TLS 1.0 and TLS 1.1."},
	scanner.Text{FR: "Désactiver TLS 1.0 et TLS 1.1 sur le serveur ou le répartiteur :\n\n- nginx : `ssl_protocols TLSv1.2 TLSv1.3;`\n- Apache : `SSLProtocol -all +TLSv1.2 +TLSv1.3`", EN: "Switch TLS 1.0 and TLS 1.1 off on the server or the load balancer:\n\n- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`\n- Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`"},
	scanner.Text{FR: "Le service accepte des versions de TLS dépassées", EN: "The service accepts outdated versions of TLS"},
}

var certificate = words{
	scanner.Text{FR: "Le certificat du service est valide", EN: "The certificate of the service is valid"},
	scanner.Text{FR: "Le certificat de www.chu.test est reconnu et valable encore 71 jours.", EN: "The certificate of www.chu.test is trusted and valid for another 71 days."},
	scanner.Text{FR: "Renouveler le certificat avant son expiration.", EN: "Renew the certificate before it expires."},
	scanner.Text{},
}

var transfer = words{
	scanner.Text{FR: "Le transfert de zone est refusé aux inconnus", EN: "Zone transfer is refused to strangers"},
	scanner.Text{FR: "L’observation n’a pas pu être faite : les serveurs de noms sont hors du périmètre.", EN: "The observation could not be made: the name servers are out of the scope."},
	scanner.Text{FR: "Déclarer les serveurs de noms dans le périmètre, puis relancer le passage.", EN: "Declare the name servers in the scope, then run again."},
	scanner.Text{},
}

var crisis = words{
	scanner.Text{FR: "Un exercice de crise cyber a eu lieu depuis moins d’un an", EN: "A cyber crisis exercise took place less than a year ago"},
	scanner.Text{FR: "Exercice du 14 mars 2026, attesté par le RSSI (CR-2026-12).", EN: "Exercise of 14 March 2026, attested by the CISO (CR-2026-12)."},
	scanner.Text{FR: "Organiser un exercice et en conserver le compte rendu.", EN: "Hold an exercise and keep its minutes."},
	scanner.Text{},
}

var pssi = words{
	scanner.Text{FR: "La politique de sécurité est approuvée par la direction", EN: "The security policy is approved by the management"},
	scanner.Text{FR: "Aucune source n’est déclarée pour cette vérification : rien n’a pu être observé.", EN: "No source is declared for this check: nothing could be observed."},
	scanner.Text{FR: "Déclarer l’attestation d’approbation, avec sa date et sa référence.", EN: "Declare the attestation of approval, with its date and reference."},
	scanner.Text{},
}

var hosted = words{
	scanner.Text{FR: "L’hébergeur a un certificat HDS en vigueur", EN: "The host has an HDS certificate in force"},
	scanner.Text{FR: "Le certificat FR000001 couvre le dossier patient informatisé jusqu’au 9 janvier 2028.", EN: "Certificate FR000001 covers the electronic patient record until 9 January 2028."},
	scanner.Text{FR: "Demander à l’hébergeur son certificat à jour.", EN: "Ask the host for its current certificate."},
	scanner.Text{},
}

var hostedInside = words{
	hosted.title,
	scanner.Text{FR: "L’imagerie est hébergée par l’établissement pour ses propres soins : aucun certificat n’est exigé.", EN: "Imaging is hosted by the establishment for its own care: no certificate is required."},
	hosted.fix,
	scanner.Text{},
}

var admins = words{
	scanner.Text{FR: "Chaque administrateur se connecte avec deux facteurs", EN: "Every administrator signs in with two factors"},
	scanner.Text{FR: "2 administrateurs sur 12 peuvent se connecter sans second facteur.", EN: "2 administrators out of 12 can sign in without a second factor."},
	scanner.Text{FR: "Exiger la carte à puce pour chaque compte privilégié, en commençant par ceux qui sont listés.", EN: "Demand the smart card for every privileged account, beginning with those listed."},
	scanner.Text{FR: "Des administrateurs se connectent sans second facteur", EN: "Administrators sign in without a second factor"},
}

var coverage = words{
	scanner.Text{FR: "Les comptes de l’application utilisent un second facteur", EN: "The accounts of the application use a second factor"},
	scanner.Text{FR: "Entre 62 % et 80 % des médecins sont couverts : 42 comptes ont un facteur inconnu, on ne peut pas conclure.", EN: "Between 62% and 80% of physicians are covered: 42 accounts have an unknown factor, no conclusion is possible."},
	scanner.Text{FR: "Compléter la colonne « facteur » de l’export des comptes.", EN: "Complete the factor column of the account export."},
	scanner.Text{},
}
