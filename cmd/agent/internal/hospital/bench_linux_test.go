// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"carescan/scanner"
)

// small says that a smoke run is enough, of a few machines and without templates, which
// take minutes a site.
var small = os.Getenv("HOSPITAL") == "small"

// pagesFolder is where the details of a measure are written for whoever wants to read
// more than the table says: each question, each look, each machine.
const pagesFolder = "HOSPITAL_PAGES"

// soon stands for scanner.ConfirmDelay where only the count of second looks matters.
const soon = 5 * time.Second

// BenchmarkSignedDomain tells how many questions a healthy signed domain with mail costs,
// by its DNS, its mail, its inventory and its mail servers: first looks, second ones. Those
// that names cost are told apart (docs/adr/0043): the log of the first domain has 21 of them.
// Two ordinary faults, of its policy of mail and of its name servers, are looked at twice.
func BenchmarkSignedDomain(b *testing.B) {
	w := newWorld(b)
	for _, kind := range []struct {
		name   string
		domain domain
	}{{"nsec3", domains[0]}, {"nsec", domains[3]}, {"provider", domains[4]}} {
		b.Run(kind.name, func(b *testing.B) {
			for b.Loop() {
				o, sent := w.scan(b, w.configuration(b, size{domains: []domain{kind.domain}}, soon, ""), scan{OneByOne: true})
				first, again := questions(o, sent)
				b.ReportMetric(float64(first), "queries-first")
				b.ReportMetric(float64(again), "queries-second")
				b.ReportMetric(float64(o.ofNames(sent)), "queries-of-names")
				keep(b, "domain-"+kind.name+".txt", domainPage(o, sent))
			}
		})
	}
}

// BenchmarkHospital tells what a hospital of 24 sites, 30 hosts and 5 domains costs at
// the default courtesy, with every probe on when carescan-templates was built.
func BenchmarkHospital(b *testing.B) {
	part, confirmAfter, told := whole, scanner.ConfirmDelay, scan{}
	if small {
		part, confirmAfter, told.Without = few, soon, []string{"nuclei"}
	}
	for b.Loop() {
		w := newWorld(b)
		o, sent := w.scan(b, w.configuration(b, part, confirmAfter, ""), told)
		b.ReportMetric(o.firstLooks().Minutes(), "first-minutes")
		b.ReportMetric(o.Ended.Sub(o.Began).Minutes(), "all-minutes")
		first, again := o.hellos(sent)
		b.ReportMetric(o.middle(first), "hellos-first-median")
		b.ReportMetric(worst(first), "hellos-first-worst")
		b.ReportMetric(o.middle(again), "hellos-second-median")
		b.ReportMetric(worst(again), "hellos-second-worst")
		b.ReportMetric(worst(busiestOf(sent.starts)), "connections/s-worst")
		b.ReportMetric(worst(w.requests(b, sent)), "requests/s-worst")
		b.ReportMetric(worst(busiestOf(sent.begun())), "connections+clear-requests/s-worst")
		b.ReportMetric(worst(sent.most), "open-worst")
		b.ReportMetric(float64(len(sent.queries))/float64(len(part.domains)), "queries/domain")
		keep(b, "hospital.txt", w.page(b, o, sent))
	}
}

// questions are those of first looks and of second ones, when looks were made one
// after the other. Those between two looks are of the first.
func questions(o outcome, sent *traffic) (first, again int) {
	for _, q := range sent.queries {
		if l, ok := o.at(q.at); ok && l.Attempt > 0 {
			again++
		} else {
			first++
		}
	}
	return first, again
}

// ofNames counts the questions that the inventory asked about addresses: two for each name
// that its log tells, and the usual ones.
func (o outcome) ofNames(sent *traffic) (n int) {
	for _, q := range sent.queries {
		if l, ok := o.at(q.at); ok && l.Probe == "inventory" && (q.kind == "A" || q.kind == "AAAA") {
			n++
		}
	}
	return n
}

// at is the look that was under way at a moment, when there was one at a time.
func (o outcome) at(moment time.Time) (look, bool) {
	for _, l := range o.Looks {
		if !moment.Before(l.Began) && !moment.After(l.Ended) {
			return l, true
		}
	}
	return look{}, false
}

// hellos counts those of first looks and those of second ones at each port, by all
// probes together. A hello is of the look that made its connection.
func (o outcome) hellos(sent *traffic) (first, again map[netip.AddrPort]int) {
	confirms := map[flow][]dial{}
	for _, l := range o.Looks {
		for _, d := range l.Dials {
			if l.Attempt > 0 {
				confirms[flow{d.From, d.To}] = append(confirms[flow{d.From, d.To}], d)
			}
		}
	}
	first, again = map[netip.AddrPort]int{}, map[netip.AddrPort]int{}
	for at, list := range sent.hellos {
		for _, hello := range list {
			// A port of ours serves again, later.
			if slices.ContainsFunc(confirms[flow{hello.from, at}], func(d dial) bool { return hello.at.Sub(d.At).Abs() < aConversation }) {
				again[at]++
			} else {
				first[at]++
			}
		}
	}
	return first, again
}

// aConversation is longer than anything said before a hello.
const aConversation = 20 * time.Second

// isAt tells whether a look is at the machine of an address.
func (l look) isAt(addr netip.Addr) bool {
	name := nameOf(addr)
	return name != "" && strings.Contains(l.Target, name) || l.Probe == "smtp" && strings.HasPrefix(name, "mx")
}

// middle is the median of what was counted at the ports whose TLS was looked at.
func (o outcome) middle(counts map[netip.AddrPort]int) float64 {
	var looked []int
	for at, n := range counts {
		if slices.ContainsFunc(o.Looks, func(l look) bool { return l.Probe == "tls" && l.isAt(at.Addr()) }) {
			looked = append(looked, n)
		}
	}
	return float64(median(looked))
}

// nameOf is the machine at an address.
func nameOf(addr netip.Addr) string {
	for _, m := range machines {
		if m.addr == addr.String() {
			return m.name()
		}
	}
	for i := range mailAddrs {
		if addr.String() == mailAddrs[i] || addr.String() == mailSixes[i] {
			return fmt.Sprintf("mx%d.chu.test", i+1)
		}
	}
	return ""
}

// second is the span of the pace, a twentieth less: what was sent a second apart may
// come a little nearer.
const second = 950 * time.Millisecond

// busiestOf is the most that began within one second at each address.
func busiestOf(moments map[netip.Addr][]time.Time) map[netip.Addr]int {
	most := map[netip.Addr]int{}
	for addr, list := range moments {
		most[addr] = busiest(list, second)
	}
	return most
}

// requests is the most that was asked of each address within one second: in clear, as
// the wire shows, or inside TLS, as nginx and the servers written here have noted.
func (w *world) requests(t testing.TB, sent *traffic) map[netip.Addr]int {
	t.Helper()
	var noted strings.Builder
	for _, name := range []string{"requests", "requests-odd"} {
		raw, err := os.ReadFile(filepath.Join(w.folder, name))
		if err != nil {
			t.Fatal(err)
		}
		noted.Write(raw)
	}
	asked := map[netip.Addr][]time.Time{}
	for addr, moments := range sent.requests {
		asked[addr] = append(asked[addr], moments...)
	}
	for line := range strings.Lines(noted.String()) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[2] == "80" {
			continue // the wire shows it
		}
		moment, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		addr := netip.MustParseAddr(fields[1])
		asked[addr] = append(asked[addr], time.UnixMilli(int64(moment*1000)))
	}
	return busiestOf(asked)
}

// keep writes a page of details, when somebody asked for them.
func keep(t testing.TB, name, text string) {
	t.Helper()
	folder := os.Getenv(pagesFolder)
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// domainPage lists every question, with the look it belongs to.
func domainPage(o outcome, sent *traffic) string {
	var order []string
	of := map[string][]string{}
	for _, q := range sent.queries {
		whose := "between looks"
		if l, ok := o.at(q.at); ok {
			whose = fmt.Sprintf("%s, look %d at %s", l.Probe, l.Attempt+1, l.Target)
		}
		if of[whose] == nil {
			order = append(order, whose)
		}
		of[whose] = append(of[whose], q.String())
	}
	text := o.page()
	for _, whose := range order {
		text += fmt.Sprintf("\n%s: %d questions\n%s\n", whose, len(of[whose]), strings.Join(of[whose], "\n"))
	}
	return text
}

// page says how a run ended.
func (o outcome) page() string {
	return fmt.Sprintf("%s in %s, first looks in %s, findings %v\nfailing:\n%s\nnot wholly seen:\n%s\n", o.Status, o.Ended.Sub(o.Began), o.firstLooks(), o.Findings,
		strings.Join(o.Failing, "\n"), strings.Join(o.Unseen, "\n"))
}

// page tells what each machine and each look cost.
func (w *world) page(t testing.TB, o outcome, sent *traffic) string {
	t.Helper()
	text := o.page() + "\naddress port: hellos in first looks, in second looks, of all; packets that open\n"
	first, again := o.hellos(sent)
	for _, at := range slices.SortedFunc(maps.Keys(sent.hellos), netip.AddrPort.Compare) {
		text += fmt.Sprintf("%s %s: %d, %d of %d, %d\n", at, nameOf(at.Addr()), first[at], again[at], len(sent.hellos[at]), sent.syns[at])
	}
	text += "\naddress: connections begun, most in one second; requests most in one second; most open at once\n"
	starts, asked := busiestOf(sent.starts), w.requests(t, sent)
	for _, addr := range slices.SortedFunc(maps.Keys(sent.starts), netip.Addr.Compare) {
		text += fmt.Sprintf("%s %s: %d, %d; %d; %d\n", addr, nameOf(addr), len(sent.starts[addr]), starts[addr], asked[addr], sent.most[addr])
	}
	text += "\nquestions by server\n"
	servers := map[string]int{}
	for _, q := range sent.queries {
		servers[q.server.Addr().String()]++
	}
	for _, server := range slices.Sorted(maps.Keys(servers)) {
		text += fmt.Sprintf("%s: %d\n", server, servers[server])
	}
	text += "\nlooks, by when they ended\n"
	for _, l := range o.Looks {
		text += fmt.Sprintf("%6.1f s to %6.1f s  %s, look %d at %s\n", l.Began.Sub(o.Began).Seconds(), l.Ended.Sub(o.Began).Seconds(), l.Probe, l.Attempt+1, l.Target)
	}
	return text
}
