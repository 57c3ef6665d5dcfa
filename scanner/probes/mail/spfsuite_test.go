// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"go.yaml.in/yaml/v3"

	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// spfDifferences are the tests of the public suite where the tree, which speaks of
// every sender, cannot say what one sender gets. In none of them is a record read
// otherwise than the suite reads it.
var spfDifferences = map[string]struct {
	want fact.SPFResult
	why  string
}{
	"include-at-limit": {
		fact.SPFPermError,
		"both are right: the sender of the suite is listed before the eleventh look-up (section 4.6.4); one that nothing lists goes past it",
	},
}

// TestSPFPublicSuite plays the suite of RFC 7208. It judges one sender and one
// message; a tree judges the records whoever sends. Pass, fail, softfail and
// neutral are therefore one result here, usable, and the other results must be
// the same, but for the differences argued above.
func TestSPFPublicSuite(t *testing.T) {
	t.Parallel()
	played := map[string]bool{}
	for _, scenario := range spfSuite(t) {
		for name, c := range scenario.Tests {
			played[name] = true
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				want := c.results()
				d, differs := spfDifferences[name]
				if differs {
					if slices.Contains(want, d.want) {
						t.Errorf("the suite says %q too: no difference", d.want)
					}
					want = []fact.SPFResult{d.want}
				}
				if got, faults := scenario.play(t, c.domain()); !slices.Contains(want, got) {
					t.Errorf("result %q, want %q (section %v); faults %+v %s", got, want, c.Spec, faults, d.why)
				}
			})
		}
	}
	if len(played) != 203 {
		t.Errorf("%d tests played", len(played))
	}
	for name := range spfDifferences {
		if !played[name] {
			t.Errorf("%s: no such test", name)
		}
	}
}

type spfScenario struct {
	Tests map[string]spfSuiteTest
	Zone  map[string][]yaml.Node `yaml:"zonedata"`
}

type spfSuiteTest struct {
	Helo, Mailfrom string
	Spec           any
	Result         yaml.Node
}

func spfSuite(t *testing.T) (all []spfScenario) {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(scannertest.Vectors(t, "spf/rfc7208-tests.yml")))
	for {
		var s spfScenario
		err := decoder.Decode(&s)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
}

// domain is the one whose record decides (RFC 7208 section 2.3 and 2.4).
func (c spfSuiteTest) domain() string {
	if at := strings.LastIndex(c.Mailfrom, "@"); at >= 0 {
		return c.Mailfrom[at+1:]
	}
	return c.Helo
}

// results are those the suite allows, as a tree says them.
func (c spfSuiteTest) results() (all []fact.SPFResult) {
	texts := []string{c.Result.Value}
	if c.Result.Kind == yaml.SequenceNode {
		texts = nil
		for _, n := range c.Result.Content {
			texts = append(texts, n.Value)
		}
	}
	for _, text := range texts {
		if text == "pass" || text == "fail" || text == "softfail" || text == "neutral" {
			text = string(fact.SPFUsable)
		}
		all = append(all, fact.SPFResult(text))
	}
	return all
}

// play reads the tree of a domain. One that is no name in the DNS is refused by
// the probe before any question, and is "none" (section 4.3).
func (s spfScenario) play(t *testing.T, domain string) (fact.SPFResult, []fact.SPFFault) {
	t.Helper()
	if !isPlainName(domain) || !strings.Contains(domain, ".") {
		return fact.SPFNone, nil
	}
	tree := treeOf(t, s.zone(t), strings.ToLower(domain))
	return tree.Result, tree.Faults
}

// zone gives the records of a scenario. Those of the withdrawn type 99 stand for
// TXT where the name has no TXT of its own, as the suite asks of its drivers.
func (s spfScenario) zone(t *testing.T) failingZone {
	t.Helper()
	z := failingZone{fails: map[string]bool{}}
	for name, entries := range s.Zone {
		owner := dns.Fqdn(strings.ToLower(name))
		own := slices.ContainsFunc(entries, func(n yaml.Node) bool { return n.Kind == yaml.MappingNode && n.Content[0].Value == "TXT" })
		for _, n := range entries {
			if n.Kind == yaml.ScalarNode && n.Value == "TIMEOUT" {
				z.fails[owner] = true
				continue
			}
			kind, value := n.Content[0].Value, n.Content[1]
			if kind == "SPF" && !own {
				kind = "TXT"
			}
			if rr := suiteRecord(t, owner, kind, value); rr != nil {
				z.records = append(z.records, rr)
			}
		}
	}
	return z
}

// suiteRecord makes one record; nil for what asks for none.
func suiteRecord(t *testing.T, owner, kind string, value *yaml.Node) dns.RR {
	t.Helper()
	header := func(of uint16) dns.RR_Header {
		return dns.RR_Header{Name: owner, Rrtype: of, Class: dns.ClassINET, Ttl: 300}
	}
	switch kind {
	case "A":
		return &dns.A{Hdr: header(dns.TypeA), A: net.ParseIP(value.Value)}
	case "AAAA":
		return &dns.AAAA{Hdr: header(dns.TypeAAAA), AAAA: net.ParseIP(value.Value)}
	case "CNAME":
		return &dns.CNAME{Hdr: header(dns.TypeCNAME), Target: dns.Fqdn(value.Value)}
	case "MX":
		var preference uint16
		if err := value.Content[0].Decode(&preference); err != nil {
			t.Fatal(err)
		}
		return &dns.MX{Hdr: header(dns.TypeMX), Preference: preference, Mx: dns.Fqdn(value.Content[1].Value)}
	case "TXT":
		if texts := suiteStrings(value); len(texts) > 0 {
			return &dns.TXT{Hdr: header(dns.TypeTXT), Txt: texts}
		}
	}
	return nil
}

// suiteStrings are the strings of a record in presentation form: the suite writes
// bytes as the first 256 characters.
func suiteStrings(value *yaml.Node) (texts []string) {
	parts := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		parts = value.Content
	} else if value.Value == "NONE" {
		return nil
	}
	for _, part := range parts {
		for chunk := range slices.Chunk([]rune(part.Value), 255) {
			var b strings.Builder
			for _, r := range chunk {
				fmt.Fprintf(&b, `\%03d`, r)
			}
			texts = append(texts, b.String())
		}
	}
	return texts
}

// failingZone answers from records; the names that fail get no answer beyond
// those.
type failingZone struct {
	records

	fails map[string]bool
}

func (z failingZone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	if z.fails[strings.ToLower(q.Question[0].Name)] && len(z.answer(q).Answer) == 0 {
		w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
		return
	}
	z.records.ServeDNS(w, q)
}
