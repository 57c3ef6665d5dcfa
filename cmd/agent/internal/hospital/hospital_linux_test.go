// SPDX-License-Identifier: Apache-2.0

package hospital

import "fmt"

// The addresses of the world, which are those of documentation sites of the internet:
// what is private would be judged otherwise. None of it leaves the test's own network.
const (
	resolverAddr = "10.77.0.2"
	rootAddr     = "93.184.214.1"
	registryAddr = "93.184.214.2"
	operatorAddr = "93.184.213.53" // of a declared provider: name servers
	filterAddr   = "93.184.213.25" // of a declared provider: mail
	ns1Addr      = "93.184.216.53"
	ns2Addr      = "93.184.215.53" // in the same prefix as the first, as often
	ns1Six       = "2606:2800:220:1::53"
	ns2Six       = "2606:2800:220:2::53"
	policyAddr   = "93.184.216.34"
	scannerSix   = "fd77::1"
	worldSix     = "fd77::2"
)

// The mail servers of the hospital.
var (
	mailAddrs = []string{"93.184.216.25", "93.184.216.26"}
	mailSixes = []string{"2606:2800:220:1::25", "2606:2800:220:1::26"}
)

// domain is a domain of the hospital.
type domain struct {
	name   string
	nsec3  bool
	second string // its second name server
	mx     []string
}

// The last one is served by others: its second name server and its mail are those of
// declared providers.
var domains = []domain{
	{"chu.test", true, "ns2.chu.test", []string{"mx1.chu.test", "mx2.chu.test"}},
	{"clinique.test", false, "ns2.chu.test", []string{"mx1.chu.test", "mx2.chu.test"}},
	{"ehpad.test", true, "ns2.chu.test", []string{"mx1.chu.test", "mx2.chu.test"}},
	{"ifsi.test", false, "ns2.chu.test", []string{"mx1.chu.test", "mx2.chu.test"}},
	{"labo.test", false, "ns2.operateur.test", []string{"mx1.filtre.test", "mx2.filtre.test"}},
}

// behaviour is what listens on a machine.
type behaviour string

const (
	intermediate behaviour = "intermediate" // nginx, Mozilla's intermediate suites, two keys
	packaged     behaviour = "packaged"     // nginx, the suites of Debian
	old          behaviour = "old"          // nginx, TLS 1.0 and its suites
	openssl      behaviour = "openssl"      // the server of OpenSSL, every suite it has, two keys
	slow         behaviour = "slow"         // 200 ms before each answer
	bursting     behaviour = "bursting"     // drops whoever comes too often
	fewPorts     behaviour = "few-ports"    // an SSH and a web port; the others are silent
	closed       behaviour = "closed"       // an SSH port; the others refuse
	silent       behaviour = "silent"       // answers nothing at all
)

// machine is one address of the hospital.
type machine struct {
	domain, label, addr string
	does                behaviour
}

func (m machine) name() string { return m.label + "." + m.domain }

// site tells whether the machine serves pages, on 443.
func (m machine) site() bool {
	return m.does != fewPorts && m.does != closed && m.does != silent
}

// machines are the 24 sites of the hospital and its ten other hosts.
var machines = everyMachine()

func everyMachine() []machine {
	labels := []string{
		"www", "portail", "rdv", "webmail", "extranet", "intranet", "dpi", "pacs", "resultats", "pharmacie", "agenda", "achats", "rh", "formation",
		"recherche", "don", "ecole", "archives", "status", "media",
	}
	odd := map[string]behaviour{
		"rdv": packaged, "dpi": packaged, "achats": packaged, "don": packaged, "media": packaged,
		"pacs": old, "archives": openssl, "resultats": slow, "status": bursting,
	}
	var list []machine
	add := func(domain, label string, does behaviour) {
		list = append(list, machine{domain, label, fmt.Sprintf("93.184.216.%d", 100+len(list)), does})
	}
	for _, label := range labels {
		does, special := odd[label]
		if !special {
			does = intermediate
		}
		add("chu.test", label, does)
	}
	for _, d := range domains[1:] {
		add(d.name, "www", intermediate)
	}
	for i, does := range []behaviour{closed, closed, fewPorts, fewPorts, fewPorts, fewPorts, silent, silent, silent, silent} {
		add(domains[1+i%2].name, fmt.Sprintf("acces%d", i+1), does)
	}
	return list
}
