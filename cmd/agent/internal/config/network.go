// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/hostname"
	"carescan/scanner/settings"
)

// Network is how targets are reached.
type Network struct {
	Resolvers      []string   `yaml:"resolvers"`        // "address" or "address:port"; default: the system's
	Redirects      []Redirect `yaml:"redirects"`        // closed networks: where a name and port really answer
	CAFile         string     `yaml:"ca_file"`          // PEM; default: the system's store
	PrivateCAFiles []string   `yaml:"private_ca_files"` // PEM of declared private authorities
	RootHints      []string   `yaml:"root_hints"`       // servers of the DNS root, "address" or "address:port"
	TrustAnchors   []string   `yaml:"trust_anchors"`    // DS or DNSKEY records; default: those of the root
	RDAP           string     `yaml:"rdap"`             // base address of the registration service; none by default
	RDAPSuffixes   []string   `yaml:"rdap_suffixes"`    // endings it answers for; default: all
	RecursionZone  string     `yaml:"recursion_zone"`   // domain of ours whose names are asked of name servers
	CertificateLog string     `yaml:"certificate_log"`  // names seen in public logs: file or https address; none by default
	UsualNames     []string   `yaml:"usual_names"`      // labels tried below each domain, beside the few that always are
	Revocation     string     `yaml:"revocation"`       // "authorities": those of public certificates are asked; else nobody
	SourceAddress  netip.Addr `yaml:"source_address"`   // connections leave from it
	// ConfirmAfter is when failures that a passing state of the network may
	// explain are looked at again.
	ConfirmAfter      time.Duration `yaml:"confirm_after"`
	Contact           string        `yaml:"contact"`      // address or page given in every request
	RequestRate       float64       `yaml:"request_rate"` // connections begun and requests, by all looks together
	ConcurrentPerHost int           `yaml:"concurrent_per_host"`
	BudgetPerHost     int           `yaml:"budget_per_host"`
	QuietHours        []Hours       `yaml:"quiet_hours"` // local time; nothing is contacted then
}

// RevocationAuthorities is the word of Network.Revocation that lets authorities be
// asked.
const RevocationAuthorities = "authorities"

// Redirect says that "host:port" answers at another "address:port".
type Redirect struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

// Hours is a span of the day, "HH:MM" each, that may cross midnight.
type Hours struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

var networkSection = settings.Section{
	Name: "network",
	Is: scanner.Text{
		FR: "Comment les cibles sont atteintes, et à quelle allure.",
		EN: "How targets are reached, and at which pace.",
	},
	Keys: settings.Keys{
		"resolvers": {
			FR: "résolveurs DNS, adresse ou adresse:port ; à défaut, ceux du système", EN: "DNS resolvers, address or address:port; without it, those of the system",
			Example: `["192.0.2.53"]`,
		},
		"redirects":      {FR: "réseau fermé : où répond vraiment un nom", EN: "closed network: where a name really answers"},
		"redirects.from": {FR: "nom:port ; « * » pour tous les ports", EN: `name:port; "*" for every port`, Needed: true, Example: "annuaire.chu-exemple.fr:636"},
		"redirects.to":   {FR: "adresse:port ; l'adresse seule après « * »", EN: `address:port; the address alone after "*"`, Needed: true, Example: "192.0.2.10:636"},
		"ca_file": {
			FR: "fichier des autorités publiques reconnues, au format PEM ; à défaut, celles du système", EN: "file of the public authorities trusted, in PEM form; without it, those of the system",
			Example: "autorites.pem",
		},
		"private_ca_files": {FR: "fichiers de vos autorités privées (IGC), au format PEM", EN: "files of your private authorities (PKI), in PEM form", Example: "[igc-privee.pem]"},
		"root_hints":       {FR: "réseau fermé : adresses de ses serveurs DNS racine", EN: "closed network: addresses of its DNS root servers", Example: `["192.0.2.54"]`},
		"trust_anchors": {
			FR: "ancres DNSSEC, enregistrements DS ou DNSKEY ; à défaut, celles de la racine", EN: "DNSSEC anchors, DS or DNSKEY records; without it, those of the root",
			Example: `[". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"]`,
		},
		"rdap":           {FR: "adresse d'un service d'enregistrement des domaines (RDAP) ; aucun par défaut", EN: "address of a registration service of domains (RDAP); none by default", Example: "https://rdap.example/"},
		"rdap_suffixes":  {FR: "terminaisons des domaines que ce service connaît ; à défaut, toutes", EN: "endings of the domains this service knows; without it, all", Example: "[fr, re]"},
		"recursion_zone": {FR: "domaine à vous : un nom au hasard en est demandé aux serveurs DNS examinés, pour voir s'ils cherchent pour tout le monde ; à défaut, recursion-test.example", EN: "domain of yours: a random name of it is asked of the DNS servers looked at, to see whether they search for everybody; without it, recursion-test.example", Example: "mesure.centre-regional.example"},
		"certificate_log": {
			FR: "noms vus dans les journaux publics de certificats : fichier ou adresse https ; aucun par défaut",
			EN: "names seen in public logs of certificates: file or https address; none by default", Example: "journaux/certificats.txt",
		},
		"usual_names": {
			FR: "noms à essayer sous chaque domaine, en plus des six qui le sont toujours (vpn, webmail, extranet, portail, intranet, test) ; chacun coûte une question DNS ou deux",
			EN: "names to try below each domain, beside the six that always are (vpn, webmail, extranet, portail, intranet, test); each costs one DNS question or two", Example: "[pacs, dpi, recette]",
		},
		"revocation": {
			FR: "« authorities » : demander aux autorités des certificats publics, hors du périmètre, ce qu'elles ont révoqué (listes CRL et OCSP) ; à défaut, personne n'est interrogé",
			EN: `"authorities": ask the authorities of public certificates, outside the scope, what they revoked (CRL lists and OCSP); without it, nobody is asked`, Example: "authorities",
		},
		"source_address": {FR: "adresse de cette machine d'où partent les connexions ; à défaut, le système choisit", EN: "address of this machine that connections leave from; without it, the system chooses", Example: "192.0.2.99"},
		"confirm_after":  {FR: "délai avant le second regard qui confirme un écart", EN: "time before the second look that confirms a failure", Default: "10m"},
		"contact":        {FR: "adresse ou page donnée dans chaque requête, pour qui la verrait dans un journal", EN: "address or page given in every request, for whoever sees it in a log", Example: "https://www.chu-exemple.fr/carescan"},
		"request_rate": {
			FR:      "connexions ouvertes et requêtes par seconde vers une adresse, tous les regards ensemble ; cinq fois plus de paquets UDP ; au moins 0.2",
			EN:      "connections begun and requests per second to one address, by all looks together; five times as many UDP packets; 0.2 at least",
			Default: "1", Example: "1",
		},
		"concurrent_per_host": {FR: "connexions en même temps vers une adresse", EN: "connections at once to one address", Default: "2"},
		"budget_per_host":     {FR: "connexions au plus vers une adresse, par passage", EN: "connections at most to one address, in one run", Default: "2000", Example: "300"},
		"quiet_hours":         {FR: "heures pendant lesquelles rien n'est contacté, à l'heure de cette machine", EN: "hours during which nothing is contacted, by the clock of this machine"},
		"quiet_hours.from":    {FR: "début, comme 22:30", EN: "beginning, as 22:30", Needed: true, Example: `"07:00"`},
		"quiet_hours.to":      {FR: "fin, le lendemain si elle précède le début", EN: "end, the next day when before the beginning", Needed: true, Example: `"19:00"`},
	},
}

// LogIsRemote tells whether the log of certificates is at an address, and not in
// a file.
func (n Network) LogIsRemote() bool { return strings.Contains(n.CertificateLog, "://") }

// FilePaths are the authorities, and the log when it is a file.
func (n *Network) FilePaths() []*string {
	paths := []*string{&n.CAFile}
	for i := range n.PrivateCAFiles {
		paths = append(paths, &n.PrivateCAFiles[i])
	}
	if !n.LogIsRemote() {
		paths = append(paths, &n.CertificateLog)
	}
	return paths
}

// Validate names what is no address, no hour or no pace.
func (n Network) Validate() settings.Faults {
	var faults settings.Faults
	for _, list := range []struct {
		key     string
		servers []string
	}{{"resolvers", n.Resolvers}, {"root_hints", n.RootHints}} {
		for i, written := range list.servers {
			if _, err := ParseServer(written); err != nil {
				faults = append(faults, settings.Fault{
					Key:  list.key + settings.At(i),
					What: settings.Say("« %s » n'est pas l'adresse d'un serveur", "%q is not the address of a server", written),
					Hint: scanner.Text{FR: "écrivez par exemple 192.0.2.53 ou 192.0.2.53:5353", EN: "write for example 192.0.2.53 or 192.0.2.53:5353"},
				})
			}
		}
	}
	known := map[string]bool{}
	for i, r := range n.Redirects {
		own := r.validate()
		if place := r.place(); len(own) == 0 && known[place] {
			own = append(own, settings.Twice("from", r.From)) // which one counts would be chance
		}
		known[r.place()] = true
		faults = append(faults, own.Below("redirects"+settings.At(i))...)
	}
	for i, h := range n.QuietHours {
		faults = append(faults, h.validate().Below("quiet_hours"+settings.At(i))...)
	}
	faults = append(faults, httpsAddress("rdap", n.RDAP)...)
	for i, suffix := range n.RDAPSuffixes {
		if _, err := hostname.ParseLabels(strings.TrimPrefix(suffix, ".")); err != nil {
			faults = append(faults, settings.NotName("rdap_suffixes"+settings.At(i), suffix, scanner.Text{FR: "une terminaison de noms", EN: "an ending of names"}, err))
		}
	}
	for i, name := range n.UsualNames {
		if _, err := hostname.ParseLabels(name); err != nil {
			faults = append(faults, settings.NotName("usual_names"+settings.At(i), name, scanner.Text{FR: "le début d'un nom", EN: "the beginning of a name"}, err))
		}
	}
	if n.RDAP == "" && len(n.RDAPSuffixes) > 0 {
		faults = append(faults, settings.Missing("rdap", "rdap: https://rdap.example/"))
	}
	if n.LogIsRemote() {
		faults = append(faults, httpsAddress("certificate_log", n.CertificateLog)...)
	}
	if n.Revocation != "" && n.Revocation != RevocationAuthorities {
		faults.Add("revocation", settings.Say("« %s » n'est pas connu", "%q is not known", n.Revocation),
			settings.Say("écrivez « %s », ou retirez cette clé", "write %q, or remove this key", RevocationAuthorities))
	}
	if n.RecursionZone != "" {
		faults = append(faults, notDomain("recursion_zone", n.RecursionZone)...)
	}
	if n.RequestRate > 0 && n.RequestRate < slowestRequests {
		faults.Add("request_rate",
			settings.Say("%g requête par seconde est trop lent : un site ne serait jamais examiné en entier", "%g requests per second are too slow: no site would ever be looked at whole", n.RequestRate),
			settings.Say("écrivez au moins %g", "write %g at least", slowestRequests))
	}
	for _, pace := range []struct {
		key   string
		value float64
	}{
		{"confirm_after", float64(n.ConfirmAfter)},
		{"request_rate", n.RequestRate},
		{"concurrent_per_host", float64(n.ConcurrentPerHost)},
		{"budget_per_host", float64(n.BudgetPerHost)},
	} {
		if pace.value < 0 {
			faults = append(faults, settings.Negative(pace.key))
		}
	}
	return faults
}

// slowestRequests, in turns per second and address, still lets a site be recognised by
// its templates in a quarter of an hour.
const slowestRequests = 0.2

// portDNS is where a server answers that is written without a port.
const portDNS = 53

// ParseServer reads a DNS server, "address" or "address:port".
func ParseServer(written string) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(written); err == nil {
		return netip.AddrPortFrom(addr, portDNS), nil
	}
	return netip.ParseAddrPort(written)
}

// place is From in the form that all its spellings share.
func (r Redirect) place() string {
	host, port, err := net.SplitHostPort(r.From)
	if err != nil {
		return r.From // which validate refuses
	}
	return net.JoinHostPort(hostname.Canonical(host), strings.TrimLeft(port, "0"))
}

func (r Redirect) validate() (faults settings.Faults) {
	host, allPorts := strings.CutSuffix(r.From, ":*")
	if _, err := hostname.Parse(host); allPorts && err != nil {
		faults = append(faults, settings.NotName("from", r.From, aPlace, err))
	} else if !allPorts {
		faults = append(faults, notEndpoint("from", r.From)...)
	}
	_, errTo := netip.ParseAddrPort(r.To)
	example := "192.0.2.10:636"
	if allPorts {
		_, errTo = netip.ParseAddr(r.To)
		example = "192.0.2.10"
	}
	if errTo != nil {
		faults = append(faults, settings.Fault{
			Key:  "to",
			What: settings.Say("« %s » n'est pas une adresse où se connecter", "%q is not an address to connect to", r.To),
			Hint: scanner.Text{FR: "écrivez par exemple " + example, EN: "write for example " + example},
		})
	}
	return faults
}

func (h Hours) validate() (faults settings.Faults) {
	for _, end := range []struct{ key, written string }{{"from", h.From}, {"to", h.To}} {
		if _, err := time.Parse("15:04", end.written); err != nil {
			faults = append(faults, settings.Fault{
				Key:  end.key,
				What: settings.Say("« %s » n'est pas une heure", "%q is not an hour", end.written),
				Hint: scanner.Text{FR: `écrivez-la entre guillemets, par exemple "22:30"`, EN: `write it between quotes, for example "22:30"`},
			})
		}
	}
	if len(faults) == 0 && h.From == h.To {
		faults = append(faults, settings.Fault{
			Key:  "to",
			What: scanner.Text{FR: "ces heures ne durent pas", EN: "these hours hold no time"},
			Hint: scanner.Text{FR: "écrivez deux heures différentes", EN: "write two different hours"},
		})
	}
	return faults
}

// httpsAddress accepts an https address, or none.
func httpsAddress(key, address string) settings.Faults {
	u, err := url.Parse(address)
	if address == "" || err == nil && u.Scheme == "https" && u.Host != "" {
		return nil
	}
	return settings.Faults{{
		Key:  key,
		What: settings.Say("« %s » n'est pas une adresse https", "%q is not an https address", address),
		Hint: scanner.Text{FR: "écrivez une adresse qui commence par https://", EN: "write an address that begins with https://"},
	}}
}
