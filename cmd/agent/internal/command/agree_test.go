// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
)

// sound is a configuration that scan accepts, a section a line. A bad one replaces
// some of them.
const sound = `
establishment: {finess: "990000028", name: CHU}
scope: {names: [chu.test, "*.chu.test"], authorisation: {by: RSSI, until: 2099-01-01}}
network: {resolvers: ["127.0.0.1:9"]}
`

// bad is one configuration that cannot work.
type bad struct {
	name  string
	yaml  string            // the sections that differ from the sound ones, a line each
	files map[string]string // beside the configuration
	place string            // that a person must be shown: a key, or one of the files
	fr    string            // the cause, in French
	en    string
	// unread says that scan goes on without the file, and tells so in its coverage.
	unread bool
}

// badOnes are refused by scan and by doctor alike.
var badOnes = []bad{
	{name: "state-is-a-file", yaml: "state: file", files: map[string]string{"file": ""}, place: "state", fr: "le dossier d'état de l'agent n'est pas utilisable", en: "the state folder of the agent cannot be used"},
	{name: "key-damaged", yaml: "state: s", files: map[string]string{"s/key.pem": "x"}, place: "state", fr: "le dossier d'état de l'agent n'est pas utilisable", en: "the state folder of the agent cannot be used"},
	{name: "memory-damaged", yaml: "state: s", files: map[string]string{"s/seen.json": "x"}, place: "state", fr: "le dossier d'état de l'agent n'est pas utilisable", en: "the state folder of the agent cannot be used"},
	{name: "profile-unknown", yaml: "profile: rien", place: "profile", fr: "« rien » n'est pas une valeur connue", en: `"rien" is not a known value`},
	{name: "profile-broken", yaml: "profiles_folder: p", files: map[string]string{"p/a.yaml": "id: ["}, place: "profiles_folder", fr: "un profil ou un référentiel de ce dossier n'est pas valable", en: "a profile or a catalog of this folder is not valid"},
	{name: "profile-of-nothing", yaml: "profiles_folder: p", files: map[string]string{"p/a.yaml": "id: a"}, place: "profiles_folder", fr: "un profil ou un référentiel de ce dossier n'est pas valable", en: "a profile or a catalog of this folder is not valid"},
	{name: "vantage-moon", yaml: "vantage: moon", place: "vantage", fr: "« moon » n'est pas une valeur connue", en: `"moon" is not a known value`},
	{name: "status-page-for-all", yaml: "status_address: 0.0.0.0:8321", place: "status_address", fr: "n'est pas une adresse de boucle locale", en: "is not a loopback address"},
	{name: "finess-short", yaml: `establishment: {finess: "12"}`, place: "establishment.finess", fr: "« 12 » n'est pas un numéro FINESS", en: `"12" is not a FINESS number`},
	{name: "legal-finess-short", yaml: `establishment: {finess: "990000028", legal_finess: "1"}`, place: "establishment.legal_finess", fr: "n'est pas un numéro FINESS", en: "is not a FINESS number"},

	{name: "no-scope", yaml: "scope: {}", place: "scope.names", fr: "aucun périmètre n'est déclaré", en: "no scope is declared"},
	{name: "no-authorisation", yaml: "scope: {names: [chu.test]}", place: "scope.authorisation.by", fr: "le périmètre n'est pas autorisé", en: "the scope is not authorised"},
	{name: "nobody-authorises", yaml: "scope: {names: [chu.test], authorisation: {until: 2099-01-01}}", place: "scope.authorisation.by", fr: "le périmètre n'est pas autorisé", en: "the scope is not authorised"},
	{name: "authorisation-ended", yaml: "scope: {names: [chu.test], authorisation: {by: RSSI, until: 2020-01-01}}", place: "scope.authorisation.until", fr: "l'autorisation a expiré", en: "the authorisation expired"},
	{name: "authorisation-to-come", yaml: "scope: {names: [chu.test], authorisation: {by: RSSI, from: 2098-01-01, until: 2099-01-01}}", place: "scope.authorisation.from", fr: "l'autorisation ne commence que", en: "the authorisation only begins"},
	{name: "authorisation-backwards", yaml: "scope: {names: [chu.test], authorisation: {by: RSSI, from: 2099-01-01, until: 2098-01-01}}", place: "scope.authorisation.until", fr: "l'autorisation finit avant de commencer", en: "the authorisation ends before it begins"},
	{name: "scope-of-an-address", yaml: `scope: {names: ["https://chu.test"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.names[0]", fr: "n'est pas un nom", en: "is not a name"},
	{name: "excluded-name-with-port", yaml: `scope: {names: [chu.test], excluded_names: ["irm.chu.test:80"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[0]", fr: "n'est pas un nom", en: "is not a name"},
	{name: "excluded-name-of-a-star-inside", yaml: `scope: {names: [chu.test], excluded_names: [ok.chu.test, "irm-*.chu.test"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[1]", fr: "une étoile ne peut être que seule", en: "a star can only stand alone"},
	{name: "excluded-name-of-a-address-of-a-page", yaml: `scope: {names: [chu.test], excluded_names: [ok.chu.test, "https://irm.chu.test/"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[1]", fr: "c'est une adresse web", en: "this is a web address"},
	{name: "excluded-name-of-a-single-word", yaml: `scope: {names: [chu.test], excluded_names: [ok.chu.test, "scanner2"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[1]", fr: "c'est un mot seul", en: "this is a single word"},
	{name: "excluded-name-of-a-list-in-one", yaml: `scope: {names: [chu.test], excluded_names: [ok.chu.test, "irm.chu.test, pacs.chu.test"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[1]", fr: "plusieurs noms y sont écrits ensemble", en: "several names are written together"},
	{name: "excluded-name-of-a-ip-address", yaml: `scope: {names: [chu.test], excluded_names: [ok.chu.test, "192.0.2.1"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[1]", fr: "c'est une adresse IP", en: "this is an IP address"},
	{name: "excluded-name-of-a-mail-address", yaml: `scope: {names: [chu.test], excluded_names: [ok.chu.test, "irm@chu.test"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[1]", fr: "c'est une adresse de messagerie", en: "this is a mail address"},
	{name: "excluded-name-of-a-false-a-label", yaml: `scope: {names: [chu.test], excluded_names: [ok.chu.test, "xn--a.chu.test"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded_names[1]", fr: "n'est celle d'aucun nom", en: "is that of no name"},
	{name: "scope-of-a-public-ending-and-star", yaml: `scope: {names: [chu.test, "*.fr"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.names[1]", fr: "c'est une terminaison publique", en: "this is a public ending"},
	{name: "scope-of-a-public-ending-of-two", yaml: `scope: {names: [chu.test, "gouv.fr"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.names[1]", fr: "c'est une terminaison publique", en: "this is a public ending"},
	{name: "scope-of-a-public-ending-of-two-and-star", yaml: `scope: {names: [chu.test, "*.asso.fr"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.names[1]", fr: "c'est une terminaison publique", en: "this is a public ending"},
	{name: "scope-of-a-public-ending-of-a-host", yaml: `scope: {names: [chu.test, "*.github.io"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.names[1]", fr: "c'est une terminaison publique", en: "this is a public ending"},
	{name: "scope-of-a-word", yaml: `scope: {names: [fr], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.names[0]", fr: "c'est un mot seul", en: "this is a single word"},
	{name: "scope-of-everything", yaml: `scope: {names: ["*"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.names[0]", fr: "une étoile ne peut être que seule", en: "a star can only stand alone"},
	{name: "range-everything", yaml: `scope: {names: [chu.test], ranges: ["0.0.0.0/0"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.ranges[0]", fr: "est trop large pour n'être qu'à vous", en: "is too wide to be yours alone"},
	{name: "range-everything-of-ipv6", yaml: `scope: {names: [chu.test], ranges: ["::/0"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.ranges[0]", fr: "est trop large pour n'être qu'à vous", en: "is too wide to be yours alone"},
	{name: "range-half-of-everything", yaml: `scope: {names: [chu.test], ranges: ["128.0.0.0/1"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.ranges[0]", fr: "est trop large pour n'être qu'à vous", en: "is too wide to be yours alone"},
	{name: "range-wide", yaml: `scope: {names: [chu.test], ranges: ["62.0.0.0/15"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.ranges[0]", fr: "est trop large pour n'être qu'à vous", en: "is too wide to be yours alone"},
	{name: "range-wide-of-ipv6", yaml: `scope: {names: [chu.test], ranges: ["2a00::/12"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.ranges[0]", fr: "est trop large pour n'être qu'à vous", en: "is too wide to be yours alone"},
	{name: "range-around-private", yaml: `scope: {names: [chu.test], ranges: ["10.0.0.0/7"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.ranges[0]", fr: "est trop large pour n'être qu'à vous", en: "is too wide to be yours alone"},
	{name: "target-excluded", yaml: `scope: {names: ["*.chu.test"], excluded_names: ["*.prive.chu.test", "Scanner2.chu.test"], authorisation: {by: RSSI, until: 2099-01-01}}
targets: {services: ["scanner2.chu.test:443"]}`, place: "targets.services[0]", fr: "est exclue par scope.excluded_names[1]", en: "is excluded by scope.excluded_names[1]"},
	{name: "target-excluded-in-unicode", yaml: `scope: {names: ["*.hôpital.test"], excluded_names: ["irm.hôpital.test"], authorisation: {by: RSSI, until: 2099-01-01}}
targets: {sites: ["https://irm.xn--hpital-ixa.test"]}`, place: "targets.sites[0]", fr: "est exclue par scope.excluded_names[0]", en: "is excluded by scope.excluded_names[0]"},
	{name: "target-excluded-by-address", yaml: `scope: {names: [chu.test], ranges: [192.0.2.0/24], excluded: [192.0.2.8/29], authorisation: {by: RSSI, until: 2099-01-01}}
targets: {hosts: [192.0.2.9]}`, place: "targets.hosts[0]", fr: "est exclue par scope.excluded[0] (192.0.2.8/29)", en: "is excluded by scope.excluded[0] (192.0.2.8/29)"},
	{name: "directory-excluded", yaml: `scope: {names: [chu.test, "*.chu.test"], excluded_names: [dc.chu.test], authorisation: {by: RSSI, until: 2099-01-01}}
directories: [{id: ad, url: "ldaps://DC.chu.test", bind_dn: a, base_dn: b, password_file: c}]`, place: "directories[0].url", fr: "est exclue par scope.excluded_names[0]", en: "is excluded by scope.excluded_names[0]"},
	{name: "resolver-excluded", yaml: `scope: {names: [chu.test], excluded: [192.0.2.0/24], authorisation: {by: RSSI, until: 2099-01-01}}
network: {resolvers: ["192.0.2.53:53"]}`, place: "network.resolvers[0]", fr: "le serveur 192.0.2.53 est exclu par scope.excluded[0]", en: "server 192.0.2.53 is excluded by scope.excluded[0]"},
	{name: "domain-of-everybody", yaml: `targets: {domains: [gouv.fr]}`, place: "targets.domains[0]", fr: "c'est une terminaison publique", en: "this is a public ending"},
	{name: "host-with-star", yaml: `targets: {hosts: ["*.chu.test"]}`, place: "targets.hosts[0]", fr: "une étoile n'est pas permise ici", en: "a star is not allowed here"},
	{name: "service-of-a-bare-word", yaml: `targets: {services: ["vpn:443"]}`, place: "targets.services[0]", fr: "c'est un mot seul", en: "this is a single word"},
	{name: "portal-twice", yaml: `targets: {portals: [{address: "vpn.chu.test:443", kind: vpn}, {address: "VPN.chu.test.:443", kind: vpn, two_factor: "no"}]}`, place: "targets.portals[1].address", fr: "est déjà pris plus haut", en: "is already taken above"},
	{name: "portal-with-scheme", yaml: `targets: {portals: [{address: "https://vpn.chu.test:443", kind: vpn}]}`, place: "targets.portals[0].address", fr: "c'est une adresse web", en: "this is a web address"},
	{name: "redirect-from-a-word", yaml: `network: {resolvers: ["127.0.0.1:9"], redirects: [{from: "annuaire:*", to: "192.0.2.1"}]}`, place: "network.redirects[0].from", fr: "c'est un mot seul", en: "this is a single word"},

	{name: "provider-of-an-address", yaml: `scope: {names: [chu.test], providers: ["https://ns1.provider.test"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.providers[0]", fr: "n'est pas un nom", en: "is not a name"},
	{name: "provider-is-everybody", yaml: `scope: {names: [chu.test], providers: ["0.0.0.0/0"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.providers[0]", fr: "couvre bien plus que les serveurs d'un prestataire", en: "covers much more than the servers of a provider"},
	{name: "provider-in-scope", yaml: `scope: {names: [chu.test, "*.chu.test"], providers: [ns1.chu.test], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.providers[0]", fr: "est déjà dans scope.names", en: "is already in scope.names"},
	{name: "range-mapped", yaml: `scope: {names: [chu.test], excluded: ["::ffff:192.0.2.0/120"], authorisation: {by: RSSI, until: 2099-01-01}}`, place: "scope.excluded[0]", fr: "n'est pas une plage d'adresses", en: "is not a range"},

	{name: "domain-of-one-label", yaml: "targets: {domains: [localhost]}", place: "targets.domains[0]", fr: "« localhost » n'est pas un nom de domaine", en: `"localhost" is not a domain name`},
	{name: "domain-with-scheme", yaml: `targets: {domains: [chu.test, "https://chu.test"]}`, place: "targets.domains[1]", fr: "n'est pas un nom de domaine", en: "is not a domain name"},
	{name: "site-of-a-printer", yaml: `targets: {sites: ["https://imprimante.chu.test:9100"]}`, place: "targets.sites[0]", fr: "le port 9100 est celui d'un appareil", en: "port 9100 is that of a device"},
	{name: "site-in-clear", yaml: `targets: {sites: ["http://www.chu.test"]}`, place: "targets.sites[0]", fr: "n'est pas l'adresse d'un site", en: "is not the address of a site"},
	{name: "site-with-path", yaml: `targets: {sites: ["https://www.chu.test/a"]}`, place: "targets.sites[0]", fr: "n'est pas l'adresse d'un site", en: "is not the address of a site"},
	{name: "service-without-port", yaml: "targets: {services: [vpn.chu.test]}", place: "targets.services[0]", fr: "n'est pas un nom et un port", en: "is not a name and a port"},
	{name: "service-of-port-zero", yaml: `targets: {services: ["vpn.chu.test:0"]}`, place: "targets.services[0]", fr: "n'est pas un nom et un port", en: "is not a name and a port"},
	{name: "service-of-a-word", yaml: `targets: {services: ["vpn.chu.test:https"]}`, place: "targets.services[0]", fr: "n'est pas un nom et un port", en: "is not a name and a port"},
	{name: "host-with-port", yaml: `targets: {hosts: ["vpn.chu.test:22"]}`, place: "targets.hosts[0]", fr: "n'est pas un nom de domaine", en: "is not a domain name"},
	{name: "portal-of-no-kind", yaml: `targets: {portals: [{address: "vpn.chu.test:443", kind: door}]}`, place: "targets.portals[0].kind", fr: "« door » n'est pas une valeur connue", en: `"door" is not a known value`},
	{name: "portal-perhaps", yaml: `targets: {portals: [{address: "vpn.chu.test:443", kind: vpn, two_factor: maybe}]}`, place: "targets.portals[0].two_factor", fr: "« maybe » n'est pas une valeur connue", en: `"maybe" is not a known value`},
	{name: "portal-without-port", yaml: `targets: {portals: [{address: vpn.chu.test, kind: vpn}]}`, place: "targets.portals[0].address", fr: "n'est pas un nom et un port", en: "is not a name and a port"},
	{name: "target-outside-scope", yaml: "targets: {domains: [ailleurs.test]}", place: "targets.domains[0]", fr: "est en dehors du périmètre autorisé", en: "is outside the authorised scope"},

	{name: "intrusive-without-end", yaml: "intrusive: {by: RSSI}", place: "intrusive.until", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "intrusive-by-nobody", yaml: "intrusive: {until: 2099-01-01}", place: "intrusive.by", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "relay-to-nobody", yaml: "intrusive: {by: RSSI, until: 2099-01-01, relay_sender: a@b.example}", place: "intrusive.relay_recipient", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "relay-to-a-word", yaml: "intrusive: {by: RSSI, until: 2099-01-01, relay_sender: a@b.example, relay_recipient: word}", place: "intrusive.relay_recipient", fr: "n'est pas une adresse de messagerie", en: "is not a mail address"},

	{name: "resolver-by-name", yaml: "network: {resolvers: [dns.chu.test]}", place: "network.resolvers[0]", fr: "n'est pas l'adresse d'un serveur", en: "is not the address of a server"},
	{name: "root-by-name", yaml: `network: {resolvers: ["127.0.0.1:9"], root_hints: [racine]}`, place: "network.root_hints[0]", fr: "n'est pas l'adresse d'un serveur", en: "is not the address of a server"},
	{name: "redirect-from-nothing", yaml: `network: {resolvers: ["127.0.0.1:9"], redirects: [{from: chu.test, to: "192.0.2.1:1"}]}`, place: "network.redirects[0].from", fr: "n'est pas un nom et un port", en: "is not a name and a port"},
	{name: "redirect-twice", yaml: `network: {resolvers: ["127.0.0.1:9"], redirects: [{from: "chu.test:443", to: "192.0.2.1:443"}, {from: "CHU.test.:443", to: "192.0.2.2:443"}]}`, place: "network.redirects[1].from", fr: "est déjà pris plus haut", en: "is already taken above"},
	{name: "range-among-hosts", yaml: `targets: {hosts: [192.0.2.0/24]}`, place: "targets.hosts[0]", fr: "c'est une plage d'adresses IP", en: "this is a range of IP addresses"},
	{name: "redirect-to-a-name", yaml: `network: {resolvers: ["127.0.0.1:9"], redirects: [{from: "chu.test:443", to: "autre.test:443"}]}`, place: "network.redirects[0].to", fr: "n'est pas une adresse où se connecter", en: "is not an address to connect to"},
	{name: "redirect-of-all-ports-to-one", yaml: `network: {resolvers: ["127.0.0.1:9"], redirects: [{from: "chu.test:*", to: "192.0.2.1:443"}]}`, place: "network.redirects[0].to", fr: "n'est pas une adresse où se connecter", en: "is not an address to connect to"},
	{name: "quiet-hour-of-a-word", yaml: `network: {resolvers: ["127.0.0.1:9"], quiet_hours: [{from: midi, to: "14:00"}]}`, place: "network.quiet_hours[0].from", fr: "n'est pas une heure", en: "is not an hour"},
	{name: "quiet-hour-of-24", yaml: `network: {resolvers: ["127.0.0.1:9"], quiet_hours: [{from: "07:00", to: "24:00"}]}`, place: "network.quiet_hours[0].to", fr: "n'est pas une heure", en: "is not an hour"},
	{name: "quiet-hours-of-no-time", yaml: `network: {resolvers: ["127.0.0.1:9"], quiet_hours: [{from: "12:00", to: "12:00"}]}`, place: "network.quiet_hours[0].to", fr: "ces heures ne durent pas", en: "these hours hold no time"},
	{name: "registry-in-clear", yaml: `network: {resolvers: ["127.0.0.1:9"], rdap: "http://rdap.test/"}`, place: "network.rdap", fr: "n'est pas une adresse https", en: "is not an https address"},
	{name: "endings-of-no-registry", yaml: `network: {resolvers: ["127.0.0.1:9"], rdap_suffixes: [fr]}`, place: "network.rdap", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "ending-of-a-star", yaml: `network: {resolvers: ["127.0.0.1:9"], rdap: "https://rdap.test/", rdap_suffixes: ["*.fr"]}`, place: "network.rdap_suffixes[0]", fr: "une étoile n'est pas permise ici", en: "a star is not allowed here"},
	{name: "log-in-clear", yaml: `network: {resolvers: ["127.0.0.1:9"], certificate_log: "http://log.test/"}`, place: "network.certificate_log", fr: "n'est pas une adresse https", en: "is not an https address"},
	{name: "revocation-of-a-word", yaml: `network: {resolvers: ["127.0.0.1:9"], revocation: always}`, place: "network.revocation", fr: "n'est pas connu", en: "is not known"},
	{name: "pace-below-zero", yaml: `network: {resolvers: ["127.0.0.1:9"], request_rate: -1}`, place: "network.request_rate", fr: "la valeur est négative", en: "the value is negative"},
	{name: "budget-below-zero", yaml: `network: {resolvers: ["127.0.0.1:9"], budget_per_host: -1}`, place: "network.budget_per_host", fr: "la valeur est négative", en: "the value is negative"},
	{name: "second-look-before-the-first", yaml: `network: {resolvers: ["127.0.0.1:9"], confirm_after: -1m}`, place: "network.confirm_after", fr: "n'est pas une durée", en: "is not a duration"},
	{name: "recursion-zone-of-one-label", yaml: `network: {resolvers: ["127.0.0.1:9"], recursion_zone: zone}`, place: "network.recursion_zone", fr: "n'est pas un nom de domaine", en: "is not a domain name"},
	{name: "authorities-absent", yaml: `network: {resolvers: ["127.0.0.1:9"], ca_file: none.pem}`, place: "network.ca_file", fr: "le fichier n'existe pas", en: "the file does not exist"},
	{name: "authorities-of-none", yaml: `network: {resolvers: ["127.0.0.1:9"], ca_file: ca.pem}`, files: map[string]string{"ca.pem": "x"}, place: "network.ca_file", fr: "ne contient aucun certificat", en: "holds no certificate"},
	{name: "private-authorities-absent", yaml: `network: {resolvers: ["127.0.0.1:9"], private_ca_files: [none.pem]}`, place: "network.private_ca_files[0]", fr: "le fichier n'existe pas", en: "the file does not exist"},
	{name: "private-authorities-of-none", yaml: `network: {resolvers: ["127.0.0.1:9"], private_ca_files: [ca.pem]}`, files: map[string]string{"ca.pem": ""}, place: "network.private_ca_files[0]", fr: "ne contient aucun certificat", en: "holds no certificate"},
	{name: "anchor-of-a-word", yaml: `network: {resolvers: ["127.0.0.1:9"], trust_anchors: [racine]}`, place: "network.trust_anchors[0]", fr: "n'est pas un enregistrement DS ou DNSKEY", en: "is not a DS or DNSKEY record"},
	{name: "anchors-of-two-zones", yaml: `network: {resolvers: ["127.0.0.1:9"], trust_anchors: [". IN DS 1 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D", "fr. IN DS 1 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"]}`, place: "network.trust_anchors[1]", fr: "cette ancre est celle de fr.", en: "this anchor is that of fr."},

	{name: "list-absent", yaml: "lists: {exploited: none.json}", place: "lists.exploited", fr: "le fichier n'existe pas", en: "the file does not exist"},
	{name: "list-of-another-kind", yaml: "lists: {exploited: kev.json}", files: map[string]string{"kev.json": "[]"}, place: "lists.exploited", fr: "ce n'est pas la liste attendue", en: "this is not the list expected"},
	{name: "ends-of-support-of-another-kind", yaml: "lists: {end_of_life: eol.json}", files: map[string]string{"eol.json": "{"}, place: "lists.end_of_life", fr: "ce n'est pas la liste attendue", en: "this is not the list expected"},

	{name: "mail-of-one-label", yaml: "mail: [{domain: localhost, selectors: [a]}]", place: "mail[0].domain", fr: "n'est pas un nom de domaine", en: "is not a domain name"},
	{name: "mail-of-nothing", yaml: "mail: [{selectors: [a]}]", place: "mail[0].domain", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "mail-of-a-list", yaml: `mail: [{domain: "chu.test,b.test", selectors: [a]}]`, place: "mail[0].domain", fr: "plusieurs noms y sont écrits ensemble", en: "several names are written together"},
	{name: "selector-whole", yaml: `mail: [{domain: chu.test, selectors: [a._domainkey.chu.test]}]`, place: "mail[0].selectors[0]", fr: "n'est pas un sélecteur", en: "is not a selector"},
	{name: "mail-twice", yaml: "mail: [{domain: chu.test, selectors: [a]}, {domain: CHU.test, selectors: [b]}]", place: "mail[1].domain", fr: "est déjà pris plus haut", en: "is already taken above"},
	{name: "port-too-high", yaml: "ports: {tcp: [22, 70000]}", place: "ports.tcp[1]", fr: "70000 n'est pas un port", en: "70000 is not a port"},
	{name: "acknowledged-by-name", yaml: `ports: {acknowledged: ["vpn.chu.test:443"]}`, place: "ports.acknowledged[0]", fr: "n'est pas une adresse et un port", en: "is not an address and a port"},
	{name: "shared-by-nobody", yaml: "ports: {shared: [{ranges: [192.0.2.0/24]}]}", place: "ports.shared[0].provider", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "shared-nowhere", yaml: "ports: {shared: [{provider: A}]}", place: "ports.shared[0].ranges", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "templates-without-pins", yaml: "templates: {folder: t}", place: "templates.pins", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "pins-without-templates", yaml: "templates: {pins: t.sha256}", place: "templates.folder", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "templates-absent", yaml: "templates: {folder: t, pins: t.sha256}", files: map[string]string{"t.sha256": strings.Repeat("0", 64) + "  a.yaml\n"}, place: "templates.folder", fr: "le fichier n'existe pas", en: "the file does not exist"},
	{name: "pins-absent", yaml: "templates: {folder: t, pins: t.sha256}", files: map[string]string{"t/a.yaml": ""}, place: "templates.pins", fr: "le fichier n'existe pas", en: "the file does not exist"},
	{name: "pins-of-words", yaml: "templates: {folder: t, pins: t.sha256}", files: map[string]string{"t/a.yaml": "", "t.sha256": "word\n"}, place: "templates.pins", fr: "n'est pas une empreinte suivie d'un fichier", en: "is not a hash and a file"},
	{name: "pins-of-nothing", yaml: "templates: {folder: t, pins: t.sha256}", files: map[string]string{"t/a.yaml": "", "t.sha256": "\n"}, place: "templates.pins", fr: "la liste d'empreintes est vide", en: "the list of hashes is empty"},
	{name: "templates-below-zero", yaml: "templates: {memory_mb: -1}", place: "templates.memory_mb", fr: "la valeur est négative", en: "the value is negative"},
	{name: "directory-in-clear", yaml: `directories: [{id: ad, url: "ldap://dc.chu.test", bind_dn: a, base_dn: b, password_file: c}]`, place: "directories[0].url", fr: "n'est pas une adresse LDAPS", en: "is not an LDAPS address"},
	{name: "directory-without-account", yaml: `directories: [{id: ad, url: "ldaps://dc.chu.test", base_dn: b, password_file: c}]`, place: "directories[0].bind_dn", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "directory-without-password", yaml: `directories: [{id: ad, url: "ldaps://dc.chu.test", bind_dn: a, base_dn: b}]`, place: "directories[0].password_file", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "directory-twice", yaml: `directories: [{id: ad, url: "ldaps://a.test", bind_dn: a, base_dn: b, password_file: c}, {id: ad, url: "ldaps://b.test", bind_dn: a, base_dn: b, password_file: c}]`, place: "directories[1].id", fr: "« ad » est déjà pris plus haut", en: `"ad" is already taken above`},
	{name: "export-of-no-file", yaml: "applications: [{id: dpi}]", place: "applications[0].file", fr: "cette clé est nécessaire", en: "this key is needed"},
	{name: "export-twice", yaml: "applications: [{id: dpi, file: a.csv}, {id: dpi, file: b.csv}]", place: "applications[1].id", fr: "« dpi » est déjà pris plus haut", en: `"dpi" is already taken above`},
	{name: "export-of-no-known-column", yaml: "applications: [{id: dpi, file: a.csv, columns: [{word: A, is: nom}]}]", place: "applications[0].columns[0].is", fr: "« nom » n'est pas une valeur connue", en: `"nom" is not a known value`},
	{name: "export-without-login", yaml: `applications: [{id: dpi, file: a.csv, columns: [{word: "", is: login}]}]`, place: "applications[0].columns", fr: "ne peuvent pas manquer", en: "cannot be left out"},
	{name: "export-of-no-known-population", yaml: "applications: [{id: dpi, file: a.csv, populations: [{word: A, is: b}]}]", place: "applications[0].populations[0].is", fr: "« b » n'est pas une valeur connue", en: `"b" is not a known value`},
	{name: "export-of-no-known-factor", yaml: `applications: [{id: dpi, file: a.csv, factors: [{word: A, is: "4"}]}]`, place: "applications[0].factors[0].is", fr: "n'est ni une méthode connue ni un niveau", en: "is neither a known method nor a tier"},
	{name: "rhythm-of-a-second", yaml: "schedule: {every: 1s}", place: "schedule.every", fr: "1s est plus court qu'une minute", en: "1s is shorter than one minute"},
	{name: "proxy-of-a-word", yaml: "uplink: {proxy: proxy}", place: "uplink.proxy", fr: "n'est pas l'adresse d'un mandataire", en: "is not the address of a proxy"},
	{name: "proxy-without-scheme", yaml: `uplink: {proxy: "proxy.chu.test:3128"}`, place: "uplink.proxy", fr: "écrivez par exemple http://proxy.chu.test:3128", en: "write for example http://proxy.chu.test:3128"},
	{name: "proxy-address-without-scheme", yaml: `uplink: {proxy: "127.0.0.1:13130"}`, place: "uplink.proxy", fr: "écrivez par exemple http://127.0.0.1:13130", en: "write for example http://127.0.0.1:13130"},
	{name: "proxy-of-another-kind", yaml: `uplink: {proxy: "ftp://proxy.chu.test:21"}`, place: "uplink.proxy", fr: "n'est pas l'adresse d'un mandataire", en: "is not the address of a proxy"},
	{name: "proxy-with-account", yaml: `uplink: {proxy: "account:secret@proxy.chu.test:3128"}`, place: "uplink.proxy", fr: "ce qui est écrit n'est pas l'adresse d'un mandataire", en: "what is written is not the address of a proxy"},

	{name: "rate-of-before", yaml: `network: {resolvers: ["127.0.0.1:9"], rate_per_host: 5}`, place: "network.rate_per_host", fr: "cette clé n'a plus d'effet", en: "this key has no effect any more"},
	{name: "rate-of-templates", yaml: "templates: {rate: 1}", place: "templates.rate", fr: "cette clé n'a plus d'effet", en: "this key has no effect any more"},
	{name: "unknown-section", yaml: "colour: blue", place: "colour", fr: "n'est pas connue", en: "is not known"},
	{name: "unknown-key", yaml: "schedule: {colour: blue}", place: "schedule.colour", fr: "n'est pas connue", en: "is not known"},
	{name: "unknown-key-of-a-source", yaml: "directories: [{colour: blue}]", place: "directories[0].colour", fr: "n'est pas connue", en: "is not known"},
	{name: "list-not-closed", yaml: "schedule: [", place: "", fr: "est attendue ici", en: "is expected here"},
	{name: "range-of-a-word", yaml: "scope: {ranges: [nowhere]}", place: "scope.ranges[0]", fr: "n'est pas", en: "is not"},
	{name: "date-of-a-word", yaml: "scope: {authorisation: {until: soon}}", place: "scope.authorisation.until", fr: "n'est pas une date", en: "is not a date"},
	{name: "export-of-no-date", yaml: "applications: [{id: dpi, file: a.csv, as_of: hier}]", place: "applications[0].as_of", fr: "n'est pas une date", en: "is not a date"},
	{name: "duration-without-unit", yaml: "schedule: {every: 24}", place: "schedule.every", fr: "n'a pas d'unité", en: "has no unit"},
	{name: "fraction-of-a-port", yaml: "ports: {tcp: [22.5]}", place: "ports.tcp[0]", fr: "n'est pas un nombre entier", en: "is not a whole number"},
	{name: "pace-with-a-comma", yaml: `network: {resolvers: ["127.0.0.1:9"], request_rate: "0,5"}`, place: "network.request_rate", fr: "n'est pas un nombre", en: "is not a number"},
	{name: "value-of-nothing", yaml: "profile: null", place: "profile", fr: "veut dire", en: "means"},

	{name: "key-twice", yaml: "schedule: {every: 24h, every: 12h}", place: "schedule.every", fr: "cette clé est déjà écrite", en: "this key is already written"},
	{name: "authorities-of-a-device", yaml: `network: {resolvers: ["127.0.0.1:9"], ca_file: /dev/zero}`, place: "network.ca_file", fr: "ce n'est pas un fichier ordinaire", en: "this is not a regular file"},
	{name: "list-of-a-device", yaml: "lists: {end_of_life: /dev/zero}", place: "lists.end_of_life", fr: "ce doit être un fichier", en: "it must be a file"},
	{name: "pins-of-a-device", yaml: "templates: {folder: t, pins: /dev/zero}", files: map[string]string{"t/a.yaml": ""}, place: "templates.pins", fr: "ce doit être un fichier", en: "it must be a file"},

	{name: "log-absent", yaml: `network: {resolvers: ["127.0.0.1:9"], certificate_log: log.txt}`, place: "network.certificate_log", fr: "le fichier n'existe pas", en: "the file does not exist", unread: true},
	{name: "log-of-another-kind", yaml: `network: {resolvers: ["127.0.0.1:9"], certificate_log: log.txt}`, files: map[string]string{"log.txt": "[1"}, place: "log.txt", fr: "ce n'est pas un journal de certificats", en: "this is not a log of certificates", unread: true},
	{name: "log-of-a-device", yaml: `network: {resolvers: ["127.0.0.1:9"], certificate_log: /dev/zero}`, place: "network.certificate_log", fr: "ce n'est pas un fichier ordinaire", en: "this is not a regular file", unread: true},
	{name: "attestations-absent", yaml: "attestations: a.yaml", place: "attestations", fr: "le fichier n'existe pas", en: "the file does not exist", unread: true},
	{name: "attestation-of-no-known-topic", yaml: "attestations: a.yaml", files: map[string]string{"a.yaml": "attestations: [{topic: party, date: 2026-01-01, role: RSSI}]"}, place: "a.yaml", fr: "doit être parmi", en: "the topic must be one of", unread: true},
	{name: "attestation-of-a-lost-document", yaml: "attestations: a.yaml", files: map[string]string{"a.yaml": "attestations: [{topic: pssi-approval, date: 2026-01-01, role: RSSI, document: none.pdf}]"}, place: "a.yaml", fr: "le document cité n'a pas pu être lu", en: "the document named could not be read", unread: true},
	{name: "register-absent", yaml: "hosting_register: r.yaml", place: "hosting_register", fr: "le fichier n'existe pas", en: "the file does not exist", unread: true},
	{name: "register-without-date", yaml: "hosting_register: r.yaml", files: map[string]string{"r.yaml": "applications: []"}, place: "r.yaml", fr: "as_of manque", en: "as_of is missing", unread: true},
	{name: "register-of-no-known-mode", yaml: "hosting_register: r.yaml", files: map[string]string{"r.yaml": "as_of: 2026-01-01\napplications: [{id: dpi, mode: cloud, health_data: true}]"}, place: "r.yaml", fr: "le mode doit être parmi", en: "the mode must be one of", unread: true},
	{name: "register-of-nothing", yaml: "hosting_register: r.yaml", files: map[string]string{"r.yaml": "as_of: null\napplications: []"}, place: "r.yaml, ", fr: "veut dire", en: "means", unread: true},
	{name: "export-absent", yaml: "applications: [{id: dpi, file: a.csv}]", place: "applications[0].file", fr: "le fichier n'existe pas", en: "the file does not exist", unread: true},
	{name: "export-empty", yaml: "applications: [{id: dpi, file: a.csv}]", files: map[string]string{"a.csv": ""}, place: "a.csv", fr: "le fichier est vide", en: "the file is empty", unread: true},
	{name: "export-of-other-columns", yaml: "applications: [{id: dpi, file: a.csv}]", files: map[string]string{"a.csv": "nom;prénom\n"}, place: "a.csv", fr: "il y manque", en: "it lacks", unread: true},
	{name: "export-of-a-spreadsheet", yaml: "applications: [{id: dpi, file: a.csv}]", files: map[string]string{"a.csv": "PK\x00\x03"}, place: "a.csv", fr: "ce n'est pas un fichier texte", en: "it is not a text file", unread: true},
	{name: "password-absent", yaml: `directories: [{id: ad, url: "ldaps://127.0.0.1:1", bind_dn: a, base_dn: b, password_file: none.txt}]`, place: "directories[0].password_file", fr: "le fichier n'existe pas", en: "the file does not exist", unread: true},
	{name: "password-empty", yaml: `directories: [{id: ad, url: "ldaps://127.0.0.1:1", bind_dn: a, base_dn: b, password_file: p.txt}]`, files: map[string]string{"p.txt": "\n"}, place: "p.txt", fr: "password_file est vide", en: "password_file is empty", unread: true},
	{name: "password-for-all", yaml: `directories: [{id: ad, url: "ldaps://127.0.0.1:1", bind_dn: a, base_dn: b, password_file: open.txt}]`, files: map[string]string{"open.txt": "secret"}, place: "open.txt", fr: "ce secret est lisible par tous", en: "every account of the machine may read this secret", unread: true},
	{name: "directory-of-no-authority", yaml: `directories: [{id: ad, url: "ldaps://127.0.0.1:1", bind_dn: a, base_dn: b, password_file: p.txt, ca_file: ca.pem}]`, files: map[string]string{"p.txt": "secret", "ca.pem": "x"}, place: "ca.pem", fr: "ne contient aucun certificat", en: "holds no certificate", unread: true},
}

// TestDoctorAndScanAgree gives the same bad configurations to both: doctor is never
// green where scan refuses, nor where scan would go on without a declared file, and
// says place, cause and next step in both languages.
func TestDoctorAndScanAgree(t *testing.T) {
	for _, test := range badOnes {
		t.Run(test.name, func(t *testing.T) {
			file := writeConfiguration(t, test.yaml, test.files)
			code, said := invoke(t, "scan", "--config", file, "--quiet", "--lang", "fr")
			if refused := code == cli.ExitUnusable; refused == test.unread {
				t.Errorf("scan ended with %d, refusal wanted: %t\n%s", code, !test.unread, said)
			}
			if !test.unread {
				tells(t, "scan", said, test.where("fr"), test.fr, test.en)
			}
			for lang, words := range map[string][2]string{"fr": {test.fr, test.en}, "en": {test.en, test.fr}} {
				code, said := invoke(t, "doctor", "--config", file, "--lang", lang)
				if code == cli.ExitOK {
					t.Errorf("doctor is green:\n%s", said)
				}
				tells(t, "doctor in "+lang, said, test.where(lang), words[0], words[1])
			}
		})
	}
}

// where is the place a person must be shown: the line of the configuration and its
// key, or the file that it names.
func (b bad) where(lang string) *regexp.Regexp {
	key := regexp.QuoteMeta(b.place)
	for named := range b.files {
		if strings.HasPrefix(b.place, named) {
			return regexp.MustCompile(key)
		}
	}
	return regexp.MustCompile(`agent\.yaml, ` + map[string]string{"fr": "ligne", "en": "line"}[lang] + ` [0-9]+,? *` + key)
}

// TestDoctorIsGreenOnASoundConfiguration keeps the table honest: what is refused is
// refused for its own fault.
func TestDoctorIsGreenOnASoundConfiguration(t *testing.T) {
	if code, said := invoke(t, "doctor", "--config", writeConfiguration(t, "", nil)); code != cli.ExitOK {
		t.Errorf("doctor ended with %d:\n%s", code, said)
	}
}

var nextStep = regexp.MustCompile(`(?m)^carescan-agent: (conseil|hint): \S|→ \S`)

// tells checks what a person reads: the place, the cause in their language and no
// other, and what to do.
func tells(t *testing.T, who, said string, place *regexp.Regexp, cause, foreign string) {
	t.Helper()
	said = strings.ReplaceAll(said, "\u00a0", " ")
	if !place.MatchString(said) {
		t.Errorf("%s does not say where, as %s:\n%s", who, place, said)
	}
	if !strings.Contains(said, cause) {
		t.Errorf("%s does not say %q:\n%s", who, cause, said)
	}
	if strings.Contains(said, foreign) {
		t.Errorf("%s says %q, in the other language:\n%s", who, foreign, said)
	}
	if !nextStep.MatchString(said) {
		t.Errorf("%s does not say what to do:\n%s", who, said)
	}
}

// writeConfiguration writes a configuration beside the files it names.
func writeConfiguration(t *testing.T, sections string, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	var lines []string
	for line := range strings.Lines(sound + "state: state\n") {
		key, _, _ := strings.Cut(line, ":")
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(sections, key+":") && !strings.Contains(sections, "\n"+key+":") {
			lines = append(lines, line)
		}
	}
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, content := range files {
		mode := os.FileMode(0o600)
		if strings.HasPrefix(name, "open") {
			mode = 0o644
		}
		if err := os.Chmod(write(name, content, mode), mode); err != nil {
			t.Fatal(err)
		}
	}
	return write("agent.yaml", strings.Join(lines, "")+sections+"\n", 0o600)
}

// invoke runs the command as a person would, and returns all it said.
func invoke(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	t.Setenv("CARESCAN_STATE", "")
	var text strings.Builder
	code = Main(args, strings.NewReader(""), &text, &text)
	return code, text.String()
}
