// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/guard/netlab"
)

// TestCountersSeeWhatWasSent sends three questions and two hellos, and nothing else.
func TestCountersSeeWhatWasSent(t *testing.T) {
	w := newWorld(t)
	at := netip.MustParseAddrPort(machines[0].addr + ":443")
	counted := sniff(t, w.lab, netlab.ScannerAddr, scannerSix)
	w.visit(t, visit{Questions: 3, Hellos: 2, At: at.String()})
	got := counted()
	if len(got.queries) != 3 || len(got.hellos[at]) != 2 || got.syns[at] != 2 || got.most[at.Addr()] != 2 {
		t.Errorf("sent 3 questions, 2 hellos on connections open together; counted %v, %d hellos, %d SYN, %d at once",
			got.queries, len(got.hellos[at]), got.syns[at], got.most[at.Addr()])
	}
	if q := got.queries[0]; q.name != "q0.test." || q.kind != "TXT" || !q.rd || !q.do || q.cd || q.server.Addr().String() != resolverAddr {
		t.Errorf("the first question was read as %s", q)
	}
	if !got.queries[1].stream || got.queries[2].stream {
		t.Errorf("the second question only went over TCP: %v", got.queries)
	}
}

// TestHospitalIsMeasured looks at a small part of the hospital, in a hurry: every kind of
// price is counted, and the healthy domain is judged so.
func TestHospitalIsMeasured(t *testing.T) {
	w := newWorld(t)
	o, sent := w.scan(t, w.configuration(t, few, soon, hurried), scan{Without: []string{"nuclei", "smtp"}})
	keep(t, "small.txt", w.page(t, o, sent))
	first, again := o.hellos(sent)
	www := netip.MustParseAddrPort(machines[0].addr + ":443")
	for name, n := range map[string]int{
		"questions": len(sent.queries), "hellos of first looks": first[www], "hellos of second looks": again[www],
		"requests": w.requests(t, sent)[www.Addr()], "connections at once": sent.most[www.Addr()], "connections": len(sent.starts[www.Addr()]),
	} {
		if n == 0 {
			t.Errorf("no %s were counted\n%s", name, w.page(t, o, sent))
		}
	}
	for _, kind := range []string{"dnssec", "mail", "inventory"} {
		if !slices.ContainsFunc(o.Looks, func(l look) bool { return l.Probe == kind }) {
			t.Errorf("no look of %s was made", kind)
		}
	}
	want := []string{"exposure.dmarc-policy chu.test observing", "exposure.name-server-spread chu.test same-prefix"}
	ofDomain := slices.DeleteFunc(o.Failing, func(f string) bool { return !strings.Contains(f, " chu.test ") })
	if diff := cmp.Diff(want, ofDomain); diff != "" {
		t.Errorf("what fails of the domain (-want +got):\n%s", diff)
	}
}
