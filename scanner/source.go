// SPDX-License-Identifier: Apache-2.0

package scanner

// Source is what an establishment declares so that a kind of fact can be seen.
type Source struct {
	Words Text   // several of them, without article: "technical directories"
	Key   string // where agent.yaml declares it
}

// The sources. Several kinds of fact come from one: a declared site shows its
// pages, its TLS and its products.
var (
	sourceDomains      = Source{Text{"noms de domaine", "domain names"}, "targets.domains"}
	sourceSites        = Source{Text{"sites web", "web sites"}, "targets.sites"}
	sourceServices     = Source{Text{"services chiffrés (TLS)", "encrypted services (TLS)"}, "targets.services"}
	sourceHosts        = Source{Text{"machines exposées", "exposed hosts"}, "targets.hosts"}
	sourceDirectories  = Source{Text{"annuaires techniques", "technical directories"}, "directories"}
	sourceApplications = Source{Text{"exports de comptes", "exports of accounts"}, "applications"}
	sourceAccounts     = Source{Text{"sources de comptes", "sources of accounts"}, "directories, applications"}
	sourceHosting      = Source{Text{"registre d'hébergement", "hosting register"}, "hosting_register"}
	sourceAttestations = Source{Text{"attestations", "statements"}, "attestations"}
	sourceHistory      = Source{Text{"passages antérieurs, gardés par l'agent", "earlier runs, kept by the agent"}, "state"}
)

// sources tells by kind of fact what has to be declared.
var sources = map[string]Source{
	"dns-zone": sourceDomains, "dns-delegation": sourceDomains, "dns-recursion": sourceDomains, "dnssec": sourceDomains,
	"mail-policy": sourceDomains, "mail-servers": sourceDomains, "name-inventory": sourceDomains,
	"registration": sourceDomains, "zone-transfer": sourceDomains,
	"web-site": sourceSites, "products": sourceSites, "template-matches": sourceSites,
	"tls-endpoint": sourceServices, "host-services": sourceHosts,
	"directory": sourceDirectories, "accounts": sourceApplications, "source": sourceAccounts,
	"hosting": sourceHosting, "attestations": sourceAttestations, "history": sourceHistory,
}

// SourceOf tells what has to be declared for a kind of fact to be seen.
func SourceOf(fact string) (Source, bool) {
	s, ok := sources[fact]
	return s, ok
}

// Undeclared tells which source a finding lacks, and whether it lacks one. A
// finding that was sealed before it named its source is named by its kind of fact.
func (f Finding) Undeclared() (Source, bool) {
	if f.Reason != reasonNoSource {
		return Source{}, false
	}
	if key := f.Values["source_key"]; key != "" {
		return Source{Text{f.Values["source_fr"], f.Values["source_en"]}, key}, true
	}
	return SourceOf(f.Values["fact"])
}

// valuesOfSource are the values of a finding that has no source.
func valuesOfSource(fact string) Values {
	v := Values{"fact": fact}
	if s, ok := SourceOf(fact); ok {
		v["source_fr"], v["source_en"], v["source_key"] = s.Words.FR, s.Words.EN, s.Key
	}
	return v
}
