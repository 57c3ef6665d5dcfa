// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.yaml.in/yaml/v3"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
	"carescan/scanner/scannertest"
)

// dmarcVector is one record of the public vectors with what must be read from it.
// Alignment and the options of failure reports are no matter of a policy: they are
// not read.
type dmarcVector struct {
	ID            string
	Record        string
	Records       []string
	RecordStrings []string `yaml:"record_strings"`
	Valid         bool
	P, SP, NP     string
	PSD, T        string
	RUA, RUF      []string
}

// TestDMARCVectors reads the public records (RFC 9989 section 4.7) as a domain
// would publish them.
func TestDMARCVectors(t *testing.T) {
	t.Parallel()
	var all struct{ Records []dmarcVector }
	if err := yaml.Unmarshal(scannertest.Vectors(t, "dmarc/records.yaml"), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Records) != 27 {
		t.Errorf("%d records", len(all.Records))
	}
	for _, v := range all.Records {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			var zone records
			switch {
			case v.RecordStrings != nil:
				zone = records{txtRecord("_dmarc.example.com.", v.RecordStrings...)}
			case v.Records != nil:
				for _, text := range v.Records {
					zone = append(zone, txtRecord("_dmarc.example.com.", text))
				}
			default:
				zone = records{txtRecord("_dmarc.example.com.", v.Record)}
			}
			v.check(t, policyOf(t, zone, "example.com"))
		})
	}
}

func (v dmarcVector) check(t *testing.T, got fact.DMARC) {
	t.Helper()
	if (got.PolicyDomain != "") != v.Valid {
		t.Fatalf("policy %q of %q, want valid %v", got.Effective, got.PolicyDomain, v.Valid)
	}
	if !v.Valid {
		return
	}
	d := *got.Walk[0].Record
	read := map[string]string{
		"p": d.Policy, "sp": effective(d, false, fact.Present), "np": effective(d, false, fact.NXDomain),
		"psd": d.PSD, "t": map[bool]string{true: "y", false: "n"}[d.Test],
	}
	for tag, want := range map[string]string{"p": v.P, "sp": v.SP, "np": v.NP, "psd": v.PSD, "t": v.T} {
		if want != "" && read[tag] != want {
			t.Errorf("%s=%s, want %s", tag, read[tag], want)
		}
	}
	checkAddresses(t, v.RUA, got.Reports)
	checkAddresses(t, v.RUF, got.Failures)
}

// checkAddresses compares domains: a fact holds no mailbox. What is no address is
// kept as such, and the vectors leave it out.
func checkAddresses(t *testing.T, want []string, got []fact.ReportAddress) {
	t.Helper()
	if want == nil {
		return
	}
	wanted, valid := []string{}, []string{}
	for _, address := range want {
		_, domain, _ := strings.Cut(address, "@")
		wanted = append(wanted, domain)
	}
	for _, address := range got {
		if address.Valid {
			valid = append(valid, address.Domain)
		}
	}
	if diff := cmp.Diff(wanted, valid); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func txtRecord(owner string, strings ...string) dns.RR {
	return &dns.TXT{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 300}, Txt: strings}
}

// policyOf looks for the policy of a domain through a real resolver of the test.
func policyOf(t *testing.T, zone records, domain string) fact.DMARC {
	t.Helper()
	r := newResolver(network(loopback.ServeDNS(t, zone)), defaultTimeout)
	return dmarc(t.Context(), r, domain, r.ask(t.Context(), domain, dns.TypeTXT).state)
}

// dmarcWalk is one tree walk of the public vectors.
type dmarcWalk struct {
	ID             string
	Domain         string
	Exists         bool
	Zone           map[string]yaml.Node
	Walk           []string
	Organisational string
	PolicyDomain   string `yaml:"policy_domain"`
	Policy         string
}

// walkDifferences are the organisational domains that differ from the vectors.
var walkDifferences = map[string]struct{ organisation, why string }{
	"eight-queries": {"a.b.c.d.e.f.g.h.i.j.mail.example.com", whyStart},
	"nothing":       {"nothing.example", whyStart},
}

// whyStart: the vectors say that DMARC does not apply, which the empty policy
// domain says here; the organisation is asked for again by the consent of those
// who receive reports.
const whyStart = "ours: without any record the name the walk began at is the organisational domain (RFC 9989 section 4.10.2)"

// TestDMARCWalks follows the public tree walks (RFC 9989 sections 4.10.1 and
// 4.10.2).
func TestDMARCWalks(t *testing.T) {
	t.Parallel()
	var all struct{ Walks []dmarcWalk }
	if err := yaml.Unmarshal(scannertest.Vectors(t, "dmarc/treewalk.yaml"), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Walks) != 12 {
		t.Errorf("%d walks", len(all.Walks))
	}
	for _, w := range all.Walks {
		t.Run(w.ID, func(t *testing.T) {
			t.Parallel()
			got := policyOf(t, w.records(t), w.Domain)
			want, why := w.Organisational, ""
			if d, differs := walkDifferences[w.ID]; differs {
				want, why = d.organisation, d.why
			}
			if got.Organisation != want {
				t.Errorf("organisation %q, want %q %s", got.Organisation, want, why)
			}
			if got.PolicyDomain != w.PolicyDomain || got.Effective != w.Policy {
				t.Errorf("policy %q of %q, want %q of %q", got.Effective, got.PolicyDomain, w.Policy, w.PolicyDomain)
			}
			var asked []string
			for _, step := range got.Walk {
				asked = append(asked, step.Domain)
			}
			if diff := cmp.Diff(w.Walk, asked); w.Walk != nil && diff != "" {
				t.Errorf("names asked (-want +got):\n%s", diff)
			}
		})
	}
}

// records are those of a walk, and an address for a domain that exists.
func (w dmarcWalk) records(t *testing.T) (zone records) {
	t.Helper()
	for domain, node := range w.Zone {
		texts := []string{node.Value}
		if node.Kind == yaml.SequenceNode {
			if err := node.Decode(&texts); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range texts {
			zone = append(zone, txtRecord("_dmarc."+domain+".", text))
		}
	}
	if w.Exists {
		rr, err := dns.NewRR(fmt.Sprintf("%s. 300 A 192.0.2.1", w.Domain))
		if err != nil {
			t.Fatal(err)
		}
		zone = append(zone, rr)
	}
	return zone
}

// TestDMARCAlignments compares organisations as the public vectors do: a name is
// aligned with another in relaxed mode when their organisation is one (RFC 9989
// section 4.4). In strict mode the names are the same, and nothing is asked.
func TestDMARCAlignments(t *testing.T) {
	t.Parallel()
	var all struct {
		Alignments []struct {
			dmarcWalk `yaml:",inline"`

			Author, Mode string
			MailFrom     string `yaml:"mail_from"`
			Aligned      bool
		}
	}
	if err := yaml.Unmarshal(scannertest.Vectors(t, "dmarc/treewalk.yaml"), &all); err != nil {
		t.Fatal(err)
	}
	for _, a := range all.Alignments {
		t.Run(a.Author+"_"+a.MailFrom+"_"+a.Mode, func(t *testing.T) {
			t.Parallel()
			if a.Mode != "r" {
				if (a.Author == a.MailFrom) != a.Aligned {
					t.Errorf("aligned %v", !a.Aligned)
				}
				return
			}
			r := newResolver(network(loopback.ServeDNS(t, a.records(t))), defaultTimeout)
			author, from := walkTree(t.Context(), r, a.Author), walkTree(t.Context(), r, a.MailFrom)
			if (author.organisation() == from.organisation()) != a.Aligned {
				t.Errorf("organisations %q and %q, want aligned %v", author.organisation(), from.organisation(), a.Aligned)
			}
		})
	}
}
